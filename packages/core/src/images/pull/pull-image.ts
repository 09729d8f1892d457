import { AbortError, BoxliteError } from '@boxlite/shared';
import { Semaphore } from 'async-mutex';
import type { Descriptor } from '../format/descriptor.js';
import { findManifest } from '../format/find-manifest.js';
import type { Platform } from '../format/platform.js';
import { formatReference, type Reference, referenceName, referenceSelector } from '../reference/reference.js';
import { fromFirst, type Registries } from '../registry/registries.js';
import type { RegistryClient } from '../registry/registry-client.js';
import type { BlobStore } from '../store/blob-store.js';
import type { ImageIndex, StoredImage } from '../store/image-index.js';
import { fetchBlob } from './fetch-blob.js';
import type { ProgressTeller } from './progress.js';
import { SharedTasks } from '../../shared-tasks.js';
import { storeImage } from './store-image.js';

/** Of all pulls together: more gain nothing and take the line from everybody else. */
const PARALLEL_BLOBS = 4;

export interface Pull {
  readonly reference: Reference;
  readonly platform: Platform;
  readonly progress: ProgressTeller;
  readonly signal: AbortSignal;
}

/** Pulls images from registries into the store. Any number at the same time; a blob that several need is fetched once. */
export class ImagePuller {
  readonly #blobs = new SharedTasks<void, number>();
  readonly #slots = new Semaphore(PARALLEL_BLOBS);

  constructor(
    private readonly registries: Registries,
    private readonly store: BlobStore,
    private readonly index: ImageIndex,
  ) {}

  /** @returns the image, and how many bytes of blobs came over the network for it */
  async pull({ reference, platform, progress, signal }: Pull): Promise<{ image: StoredImage; bytes: number }> {
    const what = formatReference(reference);
    const { repository } = reference;
    const sources = this.registries.sources(reference);
    const { source, value } = await fromFirst(sources, async (candidate) => {
      const first = await candidate.manifest(repository, referenceSelector(reference), signal);
      return findManifest(first, platform, what, ({ digest }) => candidate.manifest(repository, digest, signal));
    });
    const ordered = [source, ...sources.filter((other) => other !== source)];
    let bytes = 0;
    const image = await storeImage({
      store: this.store,
      index: this.index,
      found: value,
      reference: what,
      name: referenceName(reference),
      platform,
      progress,
      signal,
      provide: async (descriptor, blobSignal, onBytes) => {
        const received = await this.#fetch(ordered, repository, descriptor, blobSignal, onBytes);
        bytes += received;
      },
    });
    return { image, bytes };
  }

  /** Waits until no blob is written any more. */
  idle(): Promise<void> {
    return this.#blobs.idle();
  }

  async #fetch(
    sources: readonly RegistryClient[],
    repository: string,
    descriptor: Descriptor,
    signal: AbortSignal,
    onBytes: (current: number) => void,
  ): Promise<number> {
    const { store } = this;
    const mine = { started: false, received: 0 };
    const run = () =>
      this.#blobs.run(descriptor.digest, { signal, onEvent: onBytes }, (shared, emit) => {
        mine.started = true;
        return this.#slots.runExclusive(async () => {
          if (shared.aborted) throw new AbortError(shared.reason);
          if (await store.has(descriptor)) return;
          const count = (current: number, length: number) => {
            mine.received += length;
            emit(current);
          };
          const fetch = { store, repository, descriptor, retry: this.registries.retry, signal: shared, onBytes: count };
          await fromFirst(sources, (source) => fetchBlob(source, fetch));
        });
      });
    try {
      await run();
    } catch (error) {
      // Somebody else's download of it failed, from a registry that may not be ours.
      if (mine.started || !(error instanceof BoxliteError) || error.code === 'Storage') throw error;
      await run();
    }
    return mine.received;
  }
}
