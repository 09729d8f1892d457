import { stat } from 'node:fs/promises';
import { checksumFile } from '@boxlite/vmm';

interface Known {
  stamp: string;
  checksum: Promise<string>;
}

/**
 * Checksums of files, each computed once in this process for as long as the file looks the same: a start must not cost the reading of a
 * whole memory file.
 */
export class FileChecksums {
  /** By device and inode: a file may have several names. */
  readonly #known = new Map<string, Known>();

  /** @throws an errno error when the file is not there. */
  async of(path: string): Promise<string> {
    const { dev, ino, size, mtimeNs } = await stat(path, { bigint: true });
    const file = `${String(dev)}:${String(ino)}`;
    const stamp = `${String(size)}@${String(mtimeNs)}`;
    const known = this.#known.get(file);
    if (known?.stamp === stamp) return known.checksum;
    const checksum = checksumFile(path);
    this.#known.set(file, { stamp, checksum });
    checksum.catch(() => this.#known.delete(file));
    return checksum;
  }
}
