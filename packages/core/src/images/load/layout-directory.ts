import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { AbortError, BoxliteError } from '@boxlite/shared';
import type { Descriptor, IndexEntry } from '../format/descriptor.js';
import { digestHex, digestOf, newHash, shortDigest } from '../format/digest.js';
import type { ManifestBytes } from '../format/find-manifest.js';
import { malformed, parseObject } from '../format/json.js';
import { MAX_MANIFEST_BYTES } from '../format/limits.js';
import { parseManifest } from '../format/manifest.js';
import { OCI_INDEX } from '../format/media-types.js';
import { type BlobStore, missingBlob } from '../store/blob-store.js';
import { fileSize, readBounded } from '../../state/files.js';
import { onDisk } from '../../state/storage-error.js';
import type { ImageSource } from './image-source.js';

const READ_BYTES = 1024 * 1024;

/** An OCI image layout in a directory (image-spec, image-layout.md). Only read. */
export class LayoutDirectory implements ImageSource {
  private constructor(
    readonly name: string,
    readonly entries: readonly IndexEntry[],
  ) {}

  /** @throws BoxliteError `NotFound` when there is no layout; `Image` when it is not one that can be read */
  static async open(path: string): Promise<LayoutDirectory> {
    const read = (file: string) => onDisk(`reading ${join(path, file)}`, () => readBounded(join(path, file), MAX_MANIFEST_BYTES));
    const [marker, index] = [await read('oci-layout'), await read('index.json')];
    if (marker === undefined || index === undefined) {
      throw new BoxliteError('NotFound', `${path} is no OCI image layout: it must hold the files oci-layout and index.json`, {
        reason: 'not-a-layout',
      });
    }
    const version = parseObject(marker, `${path}/oci-layout`)['imageLayoutVersion'];
    if (version !== '1.0.0') {
      throw new BoxliteError('Unsupported', `OCI image layout ${path} has version ${JSON.stringify(version)}; 1.0.0 can be read`, {
        reason: 'layout-version',
      });
    }
    const document = parseManifest(index, `${path}/index.json`, OCI_INDEX);
    if (document.kind !== 'index') throw malformed(`${path}/index.json`, 'it is no index');
    return new LayoutDirectory(path, document.entries);
  }

  path(digest: string): string {
    return join(this.name, 'blobs', 'sha256', digestHex(digest));
  }

  /** Reads a small blob whole. */
  async read(digest: string, max: number): Promise<Buffer> {
    const bytes = await onDisk(`reading ${this.path(digest)}`, () => readBounded(this.path(digest), max));
    if (bytes === undefined) throw missingBlob(digest, this.name);
    this.#check(digest, digestOf(bytes));
    return bytes;
  }

  async manifest({ digest, mediaType }: Descriptor): Promise<ManifestBytes> {
    return { bytes: await this.read(digest, MAX_MANIFEST_BYTES), digest, mediaType };
  }

  async provide(descriptor: Descriptor, store: BlobStore, signal: AbortSignal, onBytes: (current: number) => void): Promise<void> {
    await this.#checkSize(descriptor);
    const writer = await store.writer(descriptor);
    try {
      // What another source may have left half is not gone on with: a copy is quick.
      await writer.restart();
      await this.#stream(descriptor, signal, async (chunk) => {
        await writer.write(chunk);
        onBytes(writer.written);
      });
    } catch (error) {
      await writer.discard();
      throw error;
    }
    await writer.commit();
  }

  /** Reads a blob to check it where it lies. */
  async verifyBlob(descriptor: Descriptor, signal: AbortSignal): Promise<void> {
    await this.#checkSize(descriptor);
    const hash = newHash();
    await this.#stream(descriptor, signal, (chunk) => {
      hash.update(chunk);
      return Promise.resolve();
    });
    this.#check(descriptor.digest, `sha256:${hash.digest('hex')}`);
  }

  #check(digest: string, actual: string): void {
    if (digest === actual) return;
    throw new BoxliteError(
      'Image',
      `blob ${digest} in ${this.name} has the wrong content: its digest is ${actual}; the layout is damaged`,
      {
        reason: 'digest-mismatch',
      },
    );
  }

  async #checkSize({ digest, size }: Descriptor): Promise<void> {
    const actual = await onDisk(`reading ${this.path(digest)}`, () => fileSize(this.path(digest)));
    if (actual === undefined) throw missingBlob(digest, this.name);
    if (actual < size) {
      throw new BoxliteError('Image', `blob ${shortDigest(digest)} in ${this.name} is cut short: ${actual} of ${size} bytes`, {
        reason: 'truncated',
      });
    }
    if (actual > size) {
      throw new BoxliteError('Image', `blob ${shortDigest(digest)} in ${this.name} has ${actual} bytes; its manifest promises ${size}`, {
        reason: 'too-long',
      });
    }
  }

  async #stream({ digest }: Descriptor, signal: AbortSignal, onChunk: (chunk: Buffer) => Promise<void>): Promise<void> {
    await onDisk(`reading ${this.path(digest)}`, async () => {
      try {
        for await (const chunk of createReadStream(this.path(digest), { highWaterMark: READ_BYTES, signal }))
          await onChunk(chunk as Buffer);
      } catch (error) {
        throw signal.aborted ? new AbortError(signal.reason) : error;
      }
    });
  }
}
