import { type FileHandle, open, rm } from 'node:fs/promises';
import { BoxliteError } from '@boxlite/shared';
import type { Descriptor } from '../format/descriptor.js';
import { newHash, shortDigest } from '../format/digest.js';
import { moveDurably } from '../../state/files.js';
import { onDisk } from '../../state/storage-error.js';

const BUFFER_BYTES = 1024 * 1024;

/**
 * Writes one blob: hashed as it comes, put under its name only when it is whole and its digest is right.
 *
 * Until then it lies in a partial file, which a later writer of the same blob goes on with. One writer at a time for a blob; its calls one after another.
 */
export class BlobWriter {
  readonly #file: FileHandle;
  readonly #partial: string;
  readonly #target: string;
  readonly #descriptor: Descriptor;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #hash = newHash();
  #buffered = 0;
  #flushed = 0;

  private constructor(file: FileHandle, partial: string, target: string, descriptor: Descriptor) {
    this.#file = file;
    this.#partial = partial;
    this.#target = target;
    this.#descriptor = descriptor;
  }

  static async open(partial: string, target: string, descriptor: Descriptor): Promise<BlobWriter> {
    return onDisk(`writing blob ${shortDigest(descriptor.digest)}`, async () => {
      const file = await open(partial, 'a+', 0o600);
      const writer = new BlobWriter(file, partial, target, descriptor);
      try {
        await writer.#rehash();
        return writer;
      } catch (error) {
        await file.close();
        throw error;
      }
    });
  }

  /** Bytes there are already; where to go on from. */
  get written(): number {
    return this.#flushed + this.#buffered;
  }

  get missing(): number {
    return this.#descriptor.size - this.written;
  }

  /** @throws BoxliteError `Image`, reason `too-long`, as soon as more comes than the descriptor says; `Storage` */
  async write(chunk: Uint8Array): Promise<void> {
    if (chunk.length > this.missing) {
      throw new BoxliteError(
        'Image',
        `blob ${shortDigest(this.#descriptor.digest)} is longer than the ${this.#descriptor.size} bytes its manifest promises`,
        {
          reason: 'too-long',
        },
      );
    }
    this.#hash.update(chunk);
    for (let offset = 0; offset < chunk.length;) {
      const length = Math.min(chunk.length - offset, BUFFER_BYTES - this.#buffered);
      this.#buffer.set(chunk.subarray(offset, offset + length), this.#buffered);
      this.#buffered += length;
      offset += length;
      if (this.#buffered === BUFFER_BYTES) await this.#flush();
    }
  }

  /** Throws away all bytes so far, to begin anew. */
  async restart(): Promise<void> {
    await this.#file.truncate(0);
    this.#hash = newHash();
    this.#buffered = 0;
    this.#flushed = 0;
  }

  /**
   * Checks the blob, puts it on disk and under its name. The writer is closed afterwards, whatever happens.
   * @throws BoxliteError `Image` with reason `truncated` or `digest-mismatch` (the partial file is gone then); `Storage`
   */
  async commit(): Promise<void> {
    const { digest, size } = this.#descriptor;
    if (this.missing > 0) {
      await this.close();
      throw new BoxliteError('Image', `blob ${shortDigest(digest)} was cut short: ${this.written} of ${size} bytes came`, {
        reason: 'truncated',
      });
    }
    const actual = `sha256:${this.#hash.digest('hex')}`;
    if (actual !== digest) {
      await this.discard();
      throw new BoxliteError(
        'Image',
        `blob ${digest} has the wrong content: its digest is ${actual}; the source is damaged or not to be trusted`,
        {
          reason: 'digest-mismatch',
        },
      );
    }
    await onDisk(`writing blob ${shortDigest(digest)}`, async () => {
      try {
        await this.#flush();
        await this.#file.datasync();
      } finally {
        await this.#file.close();
      }
      await moveDurably(this.#partial, this.#target);
    });
  }

  /** Keeps the partial file for another time. */
  async close(): Promise<void> {
    await this.#flush().catch(() => undefined);
    await this.#file.close();
  }

  async discard(): Promise<void> {
    await this.#file.close();
    await rm(this.#partial, { force: true });
  }

  async #flush(): Promise<void> {
    await onDisk(`writing blob ${shortDigest(this.#descriptor.digest)}`, async () => {
      let offset = 0;
      while (offset < this.#buffered) {
        const { bytesWritten } = await this.#file.write(this.#buffer, offset, this.#buffered - offset, null);
        offset += bytesWritten;
      }
    });
    this.#flushed += this.#buffered;
    this.#buffered = 0;
  }

  /** Takes what an earlier writer left into account. */
  async #rehash(): Promise<void> {
    const { size } = await this.#file.stat();
    if (size === 0) return;
    if (size > this.#descriptor.size) return this.restart();
    for (;;) {
      const { bytesRead } = await this.#file.read(this.#buffer, 0, BUFFER_BYTES, this.#flushed);
      if (bytesRead === 0) return;
      this.#hash.update(this.#buffer.subarray(0, bytesRead));
      this.#flushed += bytesRead;
    }
  }
}
