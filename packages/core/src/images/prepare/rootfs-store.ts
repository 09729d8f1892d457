import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImagesLayout } from '@boxlite/shared';
import { writeFileAtomic } from '../../state/atomic-file.js';
import { digestHex, isDigest, shortDigest } from '../format/digest.js';
import { parseImageConfig } from '../format/image-config.js';
import { asArray, asSize, asString, optional, parseObject } from '../format/json.js';
import { MAX_CONFIG_BYTES, MAX_LAYERS } from '../format/limits.js';
import { formatPlatform } from '../format/platform.js';
import type { ImageInfo } from '../image-info.js';
import { fileSize, moveDurably, readBounded, removeFile, syncFile } from '../../state/files.js';
import { onDisk } from '../../state/storage-error.js';

const IMAGE = /^([0-9a-f]{64})\.erofs$/;
const RECORD = /^([0-9a-f]{64})\.json$/;

/**
 * Root file system images by the digest of their manifest, each with a record of the image beside it: a Box can be started from these two alone.
 * The image is put in place last, so what has its name is whole.
 */
export class RootfsStore {
  readonly #layout: ImagesLayout;

  constructor(layout: ImagesLayout) {
    this.#layout = layout;
  }

  path(digest: string): string {
    return join(this.#layout.rootfs, `${digestHex(digest)}.erofs`);
  }

  async has(digest: string): Promise<boolean> {
    const size = await onDisk(`looking for the root file system of ${shortDigest(digest)}`, () => fileSize(this.path(digest)));
    return size !== undefined && size > 0;
  }

  /** What was noted of a prepared image; undefined when it is not prepared, or the note cannot be read. */
  async info(digest: string): Promise<ImageInfo | undefined> {
    return (await this.read(digest))?.info;
  }

  /** The same, with the image's configuration as it is in its blob. */
  async read(digest: string): Promise<{ info: ImageInfo; document: Buffer } | undefined> {
    if (!(await this.has(digest))) return undefined;
    const path = this.#record(digest);
    const bytes = await onDisk(`reading ${path}`, () => readBounded(path, 2 * MAX_CONFIG_BYTES));
    if (bytes === undefined) return undefined;
    try {
      const record = parseObject(bytes, path);
      const document = Buffer.from(asString(record['document'], path, 'document'));
      const { platform, createdAt, config } = parseImageConfig(document, path);
      const info: ImageInfo = {
        reference: optional(record['reference'], (value) => asString(value, path, 'reference')) ?? null,
        digest,
        platform: formatPlatform(platform),
        sizeBytes: asSize(record['sizeBytes'], path, 'sizeBytes'),
        createdAt,
        storedAt: undefined,
        layers: asArray(record['layers'], path, 'layers', MAX_LAYERS).filter(isDigest),
        config,
        embedded: record['embedded'] === true,
        replaced: false,
      };
      return { info, document };
    } catch {
      return undefined;
    }
  }

  /** Takes a finished image from `images/tmp`. `document` is the image's configuration as it is in its blob. */
  async add(temporary: string, { digest, reference, sizeBytes, layers, embedded }: ImageInfo, document: Uint8Array): Promise<void> {
    await onDisk(`keeping the root file system of ${shortDigest(digest)}`, async () => {
      await syncFile(temporary);
      const record = { reference, sizeBytes, layers, embedded, document: Buffer.from(document).toString('utf8') };
      await writeFileAtomic(this.#record(digest), JSON.stringify(record));
      await moveDurably(temporary, this.path(digest));
    });
  }

  /** Digests of all prepared images. */
  async list(): Promise<string[]> {
    return onDisk(`listing ${this.#layout.rootfs}`, async () =>
      (await readdir(this.#layout.rootfs)).flatMap((name) => {
        const hex = IMAGE.exec(name)?.[1];
        return hex === undefined ? [] : [`sha256:${hex}`];
      }),
    );
  }

  /** Returns the bytes of disk that this gave back. */
  async remove(digest: string): Promise<number> {
    return onDisk(`removing the root file system of ${shortDigest(digest)}`, async () => {
      const freed = await removeFile(this.path(digest));
      return freed + (await removeFile(this.#record(digest)));
    });
  }

  /** Removes records whose image never came, and what interrupted writes left; returns the paths. */
  async clean(): Promise<string[]> {
    return onDisk(`cleaning ${this.#layout.rootfs}`, async () => {
      const removed: string[] = [];
      const names = new Set(await readdir(this.#layout.rootfs));
      for (const name of names) {
        const hex = RECORD.exec(name)?.[1];
        const isStray = /\.tmp$/.test(name) || (hex !== undefined && !names.has(`${hex}.erofs`));
        if (!isStray) continue;
        removed.push(join(this.#layout.rootfs, name));
        await rm(join(this.#layout.rootfs, name), { force: true });
      }
      return removed;
    });
  }

  #record(digest: string): string {
    return join(this.#layout.rootfs, `${digestHex(digest)}.json`);
  }
}
