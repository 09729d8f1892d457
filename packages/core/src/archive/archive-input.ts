import { constants, type FileHandle, open } from 'node:fs/promises';
import { type BoxliteError, errnoCode } from '@boxlite/shared';
import { newHash } from '../images/format/digest.js';
import { onDisk, storageError } from '../state/storage-error.js';
import { damaged, missing, noArchive, otherVersion } from './archive-error.js';
import { CHUNK_HEADER_BYTES, DIGEST_BYTES, FORMAT_VERSION, MAGIC, MAX_MANIFEST_BYTES, PREAMBLE_BYTES } from './format.js';

/**
 * Reads an archive's bytes from the begin to the end and checks all digests; one call after another.
 * Nothing is allocated for a length before that is known to be allowed and in the file.
 */
export class ArchiveInput {
  readonly #hash = newHash();
  #position = 0;

  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
    private readonly size: number,
  ) {}

  /** @throws BoxliteError `NotFound`; `Storage` when it cannot be opened; `InvalidArgument` when it is no file. */
  static async open(path: string): Promise<ArchiveInput> {
    // Opening a FIFO would wait for a writer.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
      throw errnoCode(error) === 'ENOENT' ? missing(path) : storageError(error, `reading the archive ${path}`);
    });
    const stats = await file.stat();
    if (stats.isFile()) return new ArchiveInput(path, file, stats.size);
    await file.close();
    throw noArchive(path);
  }

  /** @throws BoxliteError `InvalidArgument`, reason `no-archive`; `Unsupported`, reason `archive-version`; `Storage`, reason `archive-damaged`. */
  async manifest(): Promise<Buffer> {
    if (this.size < MAGIC.length) throw noArchive(this.path);
    const magic = await this.#read(MAGIC.length);
    if (!magic.equals(MAGIC)) throw noArchive(this.path);
    const rest = await this.#read(PREAMBLE_BYTES - MAGIC.length);
    const version = rest.readUInt32LE(0);
    if (version !== FORMAT_VERSION) throw otherVersion(this.path, version, FORMAT_VERSION);
    const length = rest.readUInt32LE(4);
    if (length > MAX_MANIFEST_BYTES) throw this.damaged(`its manifest has ${length} bytes; at most ${MAX_MANIFEST_BYTES} can be`);
    return this.#read(length);
  }

  /** @param lengthOf the bytes of the chunk with this number, before it was packed: it cannot have more now; what it throws ends the reading */
  async chunk(lengthOf: (index: number) => number): Promise<{ index: number; packed: Buffer; length: number }> {
    const header = await this.#read(CHUNK_HEADER_BYTES);
    const index = header.readUInt32LE(0);
    const packedLength = header.readUInt32LE(4);
    const length = lengthOf(index);
    if (packedLength === 0 || packedLength > length) throw this.damaged(`a chunk of ${length} bytes is packed in ${packedLength}`);
    return { index, packed: await this.#read(packedLength), length };
  }

  /** Ends a section. @throws BoxliteError `Storage`, reason `archive-damaged`, when anything up to here is not what was written. */
  async digest(): Promise<void> {
    const expected = this.#hash.copy().digest();
    const found = await this.#read(DIGEST_BYTES);
    if (!found.equals(expected)) throw this.damaged('a checksum does not fit');
  }

  /** @throws BoxliteError `Storage`, reason `archive-damaged`, when more follows. */
  end(): void {
    const more = this.size - this.#position;
    if (more > 0) throw this.damaged(`${more} bytes follow its end`);
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  damaged(why: string, cause?: unknown): BoxliteError {
    return damaged(this.path, why, cause);
  }

  async #read(length: number): Promise<Buffer> {
    if (length > this.size - this.#position) throw this.damaged('it ends too early');
    const bytes = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await onDisk(`reading the archive ${this.path}`, () =>
        this.file.read(bytes, done, length - done, this.#position + done),
      );
      // It was cut meanwhile.
      if (bytesRead === 0) throw this.damaged('it ends too early');
      done += bytesRead;
    }
    this.#position += length;
    this.#hash.update(bytes);
    return bytes;
  }
}
