import { newHash } from '../images/format/digest.js';
import { onDisk } from '../state/storage-error.js';
import type { ArchiveReader } from './archive-reader.js';
import type { Part } from './manifest.js';
import { SparseFile } from './sparse-file.js';

/**
 * Restores the next part of an archive to a file that does not exist yet; when that fails, there is none. It need not be on disk yet.
 * @returns the SHA-256 of the chunks that were there: of the whole file, where that has no holes
 */
export const restorePart = (reader: ArchiveReader, name: string, part: Part, path: string): Promise<string> =>
  onDisk(`restoring ${path}`, async () => {
    const hash = newHash();
    await SparseFile.write(path, part.sizeBytes, (file) =>
      reader.part(name, part, async (bytes, offset) => {
        hash.update(bytes);
        await file.write(bytes, offset);
        if (file.dataBytes > part.dataBytes) throw reader.damaged(`its ${name} has more data than it says`);
      }),
    );
    return `sha256:${hash.digest('hex')}`;
  });
