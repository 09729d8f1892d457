import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BoxliteError, type ImagesLayout } from '@boxlite/shared';
import type { Descriptor } from '../format/descriptor.js';
import { digestHex, digestOf, shortDigest } from '../format/digest.js';
import { BlobLeases } from './blob-leases.js';
import { BlobWriter } from './blob-writer.js';
import { fileSize, moveDurably, readBounded, removeFile } from '../../state/files.js';
import { onDisk } from '../../state/storage-error.js';

const HEX = /^[0-9a-f]{64}$/;
const PARTIAL = /^[0-9a-f]{64}\.partial$/;

/**
 * Blobs by digest in `images/blobs/sha256`.
 *
 * What has its name was checked when it was written, and is on disk. Everything else lies in `images/tmp` and is never read as whole.
 */
export class BlobStore {
  readonly leases = new BlobLeases();
  readonly #layout: ImagesLayout;

  constructor(layout: ImagesLayout) {
    this.#layout = layout;
  }

  /** Makes the directories; cheap when they are there. */
  async open(): Promise<void> {
    await onDisk(`making ${this.#layout.root}`, async () => {
      for (const path of [this.#layout.blobs, this.#layout.rootfs, this.#layout.temporary])
        await mkdir(path, { recursive: true, mode: 0o700 });
    });
  }

  path(digest: string): string {
    return join(this.#layout.blobs, digestHex(digest));
  }

  /** A name in `images/tmp` that nothing else uses. */
  temporaryPath(suffix: string): string {
    return join(this.#layout.temporary, `${randomBytes(12).toString('hex')}${suffix}`);
  }

  /** Whether the blob is here with the size its descriptor says. */
  async has({ digest, size }: Descriptor): Promise<boolean> {
    return onDisk(`looking for blob ${shortDigest(digest)}`, async () => (await fileSize(this.path(digest))) === size);
  }

  /**
   * Reads a small blob whole and checks it again.
   * @returns undefined when it is not here, or not what its name says
   */
  async read(digest: string, max: number): Promise<Buffer | undefined> {
    const bytes = await onDisk(`reading blob ${shortDigest(digest)}`, () => readBounded(this.path(digest), max));
    return bytes !== undefined && digestOf(bytes) === digest ? bytes : undefined;
  }

  /** Begins a blob, or goes on with what an earlier download left. */
  async writer(descriptor: Descriptor): Promise<BlobWriter> {
    return BlobWriter.open(
      join(this.#layout.temporary, `${digestHex(descriptor.digest)}.partial`),
      this.path(descriptor.digest),
      descriptor,
    );
  }

  /** Writes a small blob whose bytes are at hand; returns its digest. */
  async put(bytes: Uint8Array): Promise<string> {
    const digest = digestOf(bytes);
    if (await this.has({ mediaType: '', digest, size: bytes.length })) return digest;
    const temporary = this.temporaryPath('.blob');
    await onDisk(`writing blob ${shortDigest(digest)}`, async () => {
      try {
        const file = await open(temporary, 'wx', 0o600);
        try {
          await writeFile(file, bytes);
          await file.datasync();
        } finally {
          await file.close();
        }
        await moveDurably(temporary, this.path(digest));
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    });
    return digest;
  }

  /** Takes a file of `images/tmp` whose digest was computed while it was written. */
  async adopt(temporary: string, digest: string): Promise<void> {
    await onDisk(`writing blob ${shortDigest(digest)}`, async () => {
      const file = await open(temporary, 'r');
      try {
        await file.datasync();
      } finally {
        await file.close();
      }
      await moveDurably(temporary, this.path(digest));
    });
  }

  /** Digests of all blobs. Strange names in the directory are left alone. */
  async list(): Promise<string[]> {
    return onDisk(`listing ${this.#layout.blobs}`, async () =>
      (await readdir(this.#layout.blobs)).filter((name) => HEX.test(name)).map((name) => `sha256:${name}`),
    );
  }

  /** Returns the bytes of disk that this gave back. */
  async remove(digest: string): Promise<number> {
    return onDisk(`removing blob ${shortDigest(digest)}`, () => removeFile(this.path(digest)));
  }

  /** Removes all but half downloads from `images/tmp`; only where nothing is under way. Returns the paths. */
  async removeStrays(): Promise<string[]> {
    const { temporary } = this.#layout;
    return onDisk(`cleaning ${temporary}`, async () => {
      const strays = (await readdir(temporary)).filter((name) => !PARTIAL.test(name)).map((name) => join(temporary, name));
      for (const path of strays) await rm(path, { recursive: true, force: true });
      return strays;
    });
  }

  /**
   * Removes half downloads that nobody goes on with.
   * @returns the bytes of disk that this gave back
   */
  async clean(options: { partials: boolean; held?: ReadonlySet<string> }): Promise<number> {
    return onDisk(`cleaning ${this.#layout.temporary}`, async () => {
      let freed = 0;
      for (const name of await readdir(this.#layout.temporary)) {
        const path = join(this.#layout.temporary, name);
        if (!PARTIAL.test(name)) continue;
        const isHeld = options.held?.has(`sha256:${name.slice(0, 64)}`) === true;
        if (options.partials && !isHeld) freed += await removeFile(path);
      }
      return freed;
    });
  }
}

/** For blobs that an index promises and that are not there. */
export const missingBlob = (digest: string, what: string): BoxliteError =>
  new BoxliteError('Image', `${what} is damaged: its blob ${shortDigest(digest)} is missing or changed; pull or load it again`, {
    reason: 'blob-missing',
  });
