import { readFile } from 'node:fs/promises';
import { BoxliteError } from '@boxlite/shared';
import type { Descriptor, IndexEntry } from '../format/descriptor.js';
import { digestHex } from '../format/digest.js';
import type { ManifestBytes } from '../format/find-manifest.js';
import { malformed } from '../format/json.js';
import { MAX_MANIFEST_BYTES } from '../format/limits.js';
import { parseManifest } from '../format/manifest.js';
import { OCI_INDEX } from '../format/media-types.js';
import { type BlobStore, missingBlob } from '../store/blob-store.js';
import { onDisk } from '../../state/storage-error.js';
import type { ImageSource } from './image-source.js';
import type { ArchiveFile } from './unpack-archive.js';

/** Reads a small file of an archive. */
export const readArchiveFile = async (file: ArchiveFile, what: string): Promise<Buffer> => {
  if (file.size > MAX_MANIFEST_BYTES) throw malformed(what, `it has ${file.size} bytes; at most ${MAX_MANIFEST_BYTES} are accepted`);
  return onDisk(`reading ${what}`, () => readFile(file.path));
};

/** Moves a file of an archive into the store; its digest was computed while it was unpacked. */
export const adoptArchiveFile = async (
  file: ArchiveFile | undefined,
  { digest, size }: Descriptor,
  archive: string,
  store: BlobStore,
): Promise<void> => {
  if (file === undefined) throw missingBlob(digest, archive);
  if (file.digest !== digest || file.size !== size) {
    throw new BoxliteError(
      'Image',
      `blob ${digest} in ${archive} has the wrong content: its digest is ${file.digest}; the archive is damaged`,
      {
        reason: 'digest-mismatch',
      },
    );
  }
  await store.adopt(file.path, digest);
};

/** An OCI image layout in an archive. */
export class ArchiveLayout implements ImageSource {
  private constructor(
    readonly name: string,
    readonly entries: readonly IndexEntry[],
    private readonly files: ReadonlyMap<string, ArchiveFile>,
  ) {}

  static async open(name: string, files: ReadonlyMap<string, ArchiveFile>): Promise<ArchiveLayout | undefined> {
    const index = files.get('index.json');
    if (index === undefined || !files.has('oci-layout')) return undefined;
    const document = parseManifest(await readArchiveFile(index, `${name}/index.json`), `${name}/index.json`, OCI_INDEX);
    if (document.kind !== 'index') throw malformed(`${name}/index.json`, 'it is no index');
    return new ArchiveLayout(name, document.entries, files);
  }

  async manifest({ digest, mediaType }: Descriptor): Promise<ManifestBytes> {
    const file = this.#file(digest);
    if (file?.digest !== digest) throw missingBlob(digest, this.name);
    return { bytes: await readArchiveFile(file, `manifest ${digest} in ${this.name}`), digest, mediaType };
  }

  async provide(descriptor: Descriptor, store: BlobStore): Promise<void> {
    await adoptArchiveFile(this.#file(descriptor.digest), descriptor, this.name, store);
  }

  #file(digest: string): ArchiveFile | undefined {
    return this.files.get(`blobs/sha256/${digestHex(digest)}`);
  }
}
