import { readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorMessage } from '@boxlite/shared';
import { Mutex } from 'async-mutex';
import type { ImagesLayout } from '@boxlite/shared';
import { writeFileAtomic } from '../../state/atomic-file.js';
import { readIndexEntry } from '../format/descriptor.js';
import { asArray, parseObject } from '../format/json.js';
import { MAX_INDEX_FILE_BYTES } from '../format/limits.js';
import { OCI_INDEX } from '../format/media-types.js';
import { parsePlatform, type Platform } from '../format/platform.js';
import { fileSize, readBounded } from '../../state/files.js';
import { onDisk } from '../../state/storage-error.js';

/** One image that the home holds. */
export interface StoredImage {
  /** Canonical reference; null for an image without a name. */
  readonly reference: string | null;
  readonly digest: string;
  /** Bytes of the manifest. */
  readonly size: number;
  readonly mediaType: string;
  readonly platform: Platform;
  readonly storedAt: Date;
  /** A newer image has taken its tag. */
  readonly replaced: boolean;
}

export const REF_NAME = 'org.opencontainers.image.ref.name';
const STORED_AT = 'dev.boxlite.image.stored-at';
const REPLACED = 'dev.boxlite.image.replaced';
const MAX_IMAGES = 100_000;

const encode = (images: readonly StoredImage[]): string =>
  JSON.stringify(
    {
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: images.map(({ reference, digest, size, mediaType, platform, storedAt, replaced }) => ({
        mediaType,
        digest,
        size,
        platform,
        annotations: {
          ...(reference === null ? {} : { [REF_NAME]: reference }),
          [STORED_AT]: storedAt.toISOString(),
          ...(replaced ? { [REPLACED]: 'true' } : {}),
        },
      })),
    },
    undefined,
    1,
  );

const decode = (bytes: Uint8Array): StoredImage[] =>
  asArray(parseObject(bytes, 'index.json')['manifests'], 'index.json', 'manifests', MAX_IMAGES).map((value, position) => {
    const { digest, size, mediaType, platform, annotations } = readIndexEntry(value, 'index.json', `manifests[${position}]`);
    const storedAt = new Date(annotations[STORED_AT] ?? 0);
    return {
      reference: annotations[REF_NAME] ?? null,
      digest,
      size,
      mediaType,
      platform: platform ?? parsePlatform('linux/amd64'),
      storedAt: Number.isNaN(storedAt.getTime()) ? new Date(0) : storedAt,
      replaced: annotations[REPLACED] === 'true',
    };
  });

/** An index that could not be read: where it is kept, and what is wrong with it. */
export interface DamagedIndex {
  path: string;
  problem: string;
}

/**
 * The home's `index.json`: which images there are, under which names.
 *
 * Read once and then kept in memory: the runtime that holds the home's lock is its only writer. Changes come one after another, each is on disk before it
 * is seen.
 */
export class ImageIndex {
  readonly #layout: ImagesLayout;
  readonly #mutex = new Mutex();
  #images: readonly StoredImage[] | undefined;

  constructor(layout: ImagesLayout) {
    this.#layout = layout;
  }

  /**
   * Reads the index. One that cannot be read is put aside, as images can be pulled again.
   * @returns what was put aside
   */
  async open(): Promise<DamagedIndex[]> {
    return this.#mutex.runExclusive(async () => (await this.#load()).notes);
  }

  async all(): Promise<readonly StoredImage[]> {
    if (this.#images !== undefined) return this.#images;
    return this.#mutex.runExclusive(async () => (await this.#load()).images);
  }

  /** Replaces the list by what `change` makes of it. */
  async update<T>(
    change: (
      images: readonly StoredImage[],
    ) => { images: readonly StoredImage[]; result: T } | Promise<{ images: readonly StoredImage[]; result: T }>,
  ): Promise<T> {
    return this.#mutex.runExclusive(async () => {
      const before = (await this.#load()).images;
      const { images, result } = await change(before);
      if (images !== before) {
        await onDisk(`writing ${this.#layout.index}`, () => writeFileAtomic(this.#layout.index, encode(images)));
        this.#images = images;
      }
      return result;
    });
  }

  async #load(): Promise<{ images: readonly StoredImage[]; notes: DamagedIndex[] }> {
    if (this.#images !== undefined) return { images: this.#images, notes: [] };
    return onDisk(`reading ${this.#layout.index}`, async () => {
      const marker = join(this.#layout.root, 'oci-layout');
      if ((await fileSize(marker)) === undefined) await writeFileAtomic(marker, JSON.stringify({ imageLayoutVersion: '1.0.0' }));
      await this.#removeLeftovers();
      if ((await fileSize(this.#layout.index)) === undefined) return { images: (this.#images = []), notes: [] };
      const bytes = await readBounded(this.#layout.index, MAX_INDEX_FILE_BYTES);
      try {
        if (bytes === undefined) throw new Error(`it is larger than ${MAX_INDEX_FILE_BYTES} bytes`);
        return { images: (this.#images = decode(bytes)), notes: [] };
      } catch (error) {
        const aside = `${this.#layout.index}.damaged-${new Date().toISOString().replaceAll(':', '')}`;
        await rename(this.#layout.index, aside);
        const why = errorMessage(error);
        return {
          images: (this.#images = []),
          notes: [{ path: aside, problem: `it was index.json (${why}); images must be pulled again (their layers are still here)` }],
        };
      }
    });
  }

  /** What a write that was interrupted left beside the index. */
  async #removeLeftovers(): Promise<void> {
    const directory = dirname(this.#layout.index);
    for (const name of await readdir(directory)) {
      if (/^(?:index\.json|oci-layout)\.[0-9a-f]+\.tmp$/.test(name)) await rm(join(directory, name), { force: true });
    }
  }
}
