import { setMaxListeners } from 'node:events';
import { resolve } from 'node:path';
import { BoxliteError, checkOptions, type ImagesLayout } from '@boxlite/shared';
import { buildRootfs } from '@boxlite/vmm';
import type { ProgressEvent, ProgressListener } from '../progress.js';
import { type ImageWorkOptions, type LoadOptions, OF_WORK, type PullOptions } from './image-options.js';
import { EMBEDDED_IMAGE, readEmbeddedImage } from './embedded-image.js';
import { isDigest } from './format/digest.js';
import { formatPlatform, hostPlatform, parsePlatform, platformDistance } from './format/platform.js';
import { imageNotFound, type ImageRecord, readLayoutImage, readStoredImage } from './image-catalog.js';
import type { ImageInfo } from './image-info.js';
import type { ImageObserver } from './image-observer.js';
import { loadImage } from './load/load-image.js';
import { collect } from './manage/collect.js';
import { type ImageDiskUse, imageDiskUse } from './manage/disk-use.js';
import { adoptRootfs, type ForeignRootfs } from './prepare/adopt-rootfs.js';
import { prepareImage } from './prepare/prepare-image.js';
import type { PreparedImage } from './prepare/prepared-image.js';
import { RootfsStore } from './prepare/rootfs-store.js';
import { ProgressTeller } from './pull/progress.js';
import { ImagePuller } from './pull/pull-image.js';
import type { RecoveryTeller } from '../recovery/recovery-report.js';
import { SharedTasks } from '../shared-tasks.js';
import { parseReference } from './reference/parse-reference.js';
import { formatReference } from './reference/reference.js';
import { Registries } from './registry/registries.js';
import type { RegistryOptions } from './registry/registry-options.js';
import type { BlobLease } from './store/blob-leases.js';
import { BlobStore } from './store/blob-store.js';
import { ImageIndex, type StoredImage } from './store/image-index.js';

export interface ImageManagerOptions {
  layout: ImagesLayout;
  registries?: readonly RegistryOptions[];
  /** Told of every pull, load and preparation. Must not throw. */
  onProgress?: ProgressListener;
  /** Ids of the Boxes that stand on an image, by the digest of its manifest. @defaultValue none */
  usedBy?: (digest: string) => readonly string[];
  observer?: ImageObserver;
}

export interface PruneReport {
  /** References, or digests where there was no name. */
  readonly removed: readonly string[];
  /** Bytes of disk. */
  readonly freedBytes: number;
}

/**
 * The images of a home: gets them from registries and archives, keeps them as an OCI layout, and makes root file systems of them.
 *
 * All methods may be called at any time and many at once: one pull of a reference, one download of a blob and one preparation of an image serve all who
 * wait for it. What a method has returned is on disk and survives a crash. One manager at a time for a home; the runtime's lock sees to that.
 */
export class ImageManager {
  readonly #layout: ImagesLayout;
  readonly #store: BlobStore;
  readonly #index: ImageIndex;
  readonly #rootfs: RootfsStore;
  readonly #registries: Registries;
  readonly #puller: ImagePuller;
  readonly #usedBy: (digest: string) => readonly string[];
  readonly #observer: ImageObserver;
  readonly #onProgress: ProgressListener | undefined;
  readonly #pulls = new SharedTasks<StoredImage, ProgressEvent>();
  readonly #preparations = new SharedTasks<ImageInfo, ProgressEvent>();
  /** Images that are used where they lie, by digest. */
  readonly #inPlace = new Map<string, ImageRecord>();
  readonly #closed = new AbortController();
  #opened: Promise<void> | undefined;

  /** Touches no disk. @throws BoxliteError `InvalidArgument` for registries that are not valid. @internal Of `BoxliteRuntime.images`. */
  constructor({ layout, registries = [], onProgress, usedBy = () => [], observer = {} }: ImageManagerOptions) {
    setMaxListeners(0, this.#closed.signal);
    this.#layout = layout;
    this.#store = new BlobStore(layout);
    this.#index = new ImageIndex(layout);
    this.#rootfs = new RootfsStore(layout);
    this.#registries = new Registries(registries);
    this.#puller = new ImagePuller(this.#registries, this.#store, this.#index);
    this.#usedBy = usedBy;
    this.#observer = observer;
    this.#onProgress = onProgress;
  }

  /** Puts right what a crash may have left: to be called once, before anything else. Half downloads are kept for the next pull. */
  async recover(notes: RecoveryTeller): Promise<void> {
    await this.#store.open();
    for (const name of [...(await this.#store.removeStrays()), ...(await this.#rootfs.clean())])
      notes.tell({ action: 'removed', kind: 'image', name, detail: 'it was being pulled or prepared' });
    for (const { path, problem } of await this.#index.open())
      notes.tell({ action: 'kept-aside', kind: 'image', name: path, detail: problem });
  }

  /** Breaks off what is under way and waits for its end. Idempotent. */
  async close(): Promise<void> {
    this.#closed.abort(new BoxliteError('Stopped', 'the runtime was closed'));
    await Promise.all([this.#pulls.idle(), this.#preparations.idle()]);
    await this.#puller.idle();
    await this.#registries.close();
  }

  /**
   * Pulls an image from its registry, or what has changed of it since the last time.
   * @throws BoxliteError `InvalidArgument`, `NotFound`, `Image`, `Network`, `ResourceExhausted`, `Storage`
   */
  async pull(reference: string, options: PullOptions = {}): Promise<ImageInfo> {
    checkOptions(options, 'a pull', ['platform', ...OF_WORK]);
    const parsed = parseReference(reference);
    const name = formatReference(parsed);
    if (name === EMBEDDED_IMAGE) return (await this.#embedded()).info;
    const platform = options.platform === undefined ? hostPlatform() : parsePlatform(options.platform);
    await this.#open();
    const image = await this.#pulls.run(`${name} ${formatPlatform(platform)}`, this.#waiter(options), async (signal, emit) => {
      const progress = new ProgressTeller('pull', name, this.#teller(emit));
      const begin = performance.now();
      progress.whole('started');
      try {
        const pulled = await this.#puller.pull({ reference: parsed, platform, progress, signal });
        this.#observer.pulled?.({
          digest: pulled.image.digest,
          reference: name,
          bytes: pulled.bytes,
          durationMs: performance.now() - begin,
        });
        progress.whole('done');
        return pulled.image;
      } catch (error) {
        this.#observer.pullFailed?.();
        progress.whole('failed');
        throw error;
      }
    });
    return (await readStoredImage(image, this.#store)).info;
  }

  /** The image if it is here, or else pulls it. Does not ask the registry whether a tag has moved: {@link pull} does. */
  async resolve(reference: string, options: ImageWorkOptions = {}): Promise<ImageInfo> {
    const name = formatReference(parseReference(reference));
    if (name === EMBEDDED_IMAGE) return (await this.#embedded()).info;
    const image = await this.#find(name);
    if (image !== undefined && platformDistance(hostPlatform(), image.platform) !== undefined) {
      const record = await this.#readWhole(image);
      if (record !== undefined) return record.info;
    }
    return this.pull(reference, options);
  }

  /** Opens an image in an OCI layout that stays where it is and is only read. It has to stay as long as it is not prepared. */
  async resolveLayout(path: string, options: { reference?: string } = {}): Promise<ImageInfo> {
    const reference = options.reference === undefined ? null : formatReference(parseReference(options.reference));
    const record = await readLayoutImage(resolve(path), hostPlatform(), { reference, embedded: false });
    this.#inPlace.set(record.info.digest, record);
    return record.info;
  }

  /**
   * Copies an image into the home: from an OCI layout (a directory, or a tar archive of one) or from what `docker save` wrote.
   * @throws BoxliteError `NotFound`, `InvalidArgument` (several images and no reference), `Image`, `Storage`
   */
  async load(path: string, options: LoadOptions = {}): Promise<ImageInfo> {
    checkOptions(options, 'a load', ['reference', ...OF_WORK]);
    const reference = options.reference === undefined ? undefined : formatReference(parseReference(options.reference));
    await this.#open();
    const image = await loadImage({
      path: resolve(path),
      platform: hostPlatform(),
      reference,
      store: this.#store,
      index: this.#index,
      signal: this.#signal(options.signal),
      tell: this.#teller(options.onProgress),
    });
    return (await readStoredImage(image, this.#store)).info;
  }

  /**
   * Makes the root file system image of an image, or takes the one that is there.
   * @throws BoxliteError `NotFound` when neither it nor the image is here; `Image`, `Storage`
   */
  async prepare({ digest }: Pick<ImageInfo, 'digest'>, options: ImageWorkOptions = {}): Promise<PreparedImage> {
    const present = await this.#rootfs.info(digest);
    if (present !== undefined) return { rootfs: this.#rootfs.path(digest), digest, config: present.config };
    await this.#open();
    const info = await this.#preparations.run(digest, this.#waiter(options), async (signal, emit) => {
      const record = await this.#record(digest);
      const progress = new ProgressTeller('prepare', record.info.reference ?? digest, this.#teller(emit));
      const begin = performance.now();
      progress.whole('started');
      try {
        await prepareImage(record, { store: this.#store, rootfs: this.#rootfs, build: buildRootfs, progress, signal });
        this.#observer.prepared?.({ durationMs: performance.now() - begin });
        progress.whole('done');
        return record.info;
      } catch (error) {
        this.#observer.prepareFailed?.();
        progress.whole('failed');
        throw error;
      }
    });
    return { rootfs: this.#rootfs.path(digest), digest, config: info.config };
  }

  /** Whether a Box can be started from this image without a network or any other source. */
  async has(digest: string): Promise<boolean> {
    if (!isDigest(digest)) return false;
    if (this.#inPlace.has(digest) || (await this.#rootfs.has(digest))) return true;
    if ((await this.#index.all()).some((image) => image.digest === digest)) return true;
    return (await this.#embedded().catch(undefinedIfDamaged))?.info.digest === digest;
  }

  /** Keeps an image from being removed as one that nobody needs, until the lease is released. @internal */
  hold(digest: string): Promise<BlobLease> {
    return this.#store.leases.hold([digest]);
  }

  /** Prepares an image and gives all that another home needs of it. @internal */
  async toArchive(digest: string, options: ImageWorkOptions = {}): Promise<{ rootfs: string; info: ImageInfo; document: Buffer }> {
    const { rootfs } = await this.prepare({ digest }, options);
    const record = await this.#rootfs.read(digest);
    if (record === undefined) throw imageNotFound(digest);
    return { rootfs, ...record };
  }

  /** A path for the root file system of an archive; whoever asked removes what he makes there, or has it adopted. @internal */
  async temporaryRootfs(): Promise<string> {
    await this.#open();
    return this.#store.temporaryPath('.erofs');
  }

  /** Keeps a root file system that an archive brought. The lease holds the image until a Box stands on it. @internal */
  adopt(rootfs: ForeignRootfs): Promise<{ digest: string; lease: BlobLease }> {
    return adoptRootfs(rootfs, this.#rootfs, this.#store.leases);
  }

  /** @param referenceOrDigest a reference, or the digest of a manifest. @throws BoxliteError `NotFound` */
  async get(referenceOrDigest: string): Promise<ImageInfo> {
    if (isDigest(referenceOrDigest)) return (await this.#rootfs.info(referenceOrDigest)) ?? (await this.#record(referenceOrDigest)).info;
    const name = formatReference(parseReference(referenceOrDigest));
    if (name === EMBEDDED_IMAGE) return (await this.#embedded()).info;
    const image = await this.#find(name);
    if (image === undefined) throw imageNotFound(name);
    return (await readStoredImage(image, this.#store)).info;
  }

  /** All images that are here, newest first, the embedded one last. Damaged ones are left out: pulling them again mends them. */
  async list(): Promise<ImageInfo[]> {
    await this.#open();
    const images = [...(await this.#index.all())].sort((a, b) => b.storedAt.getTime() - a.storedAt.getTime());
    const records = await Promise.all([
      ...images.map((image) => readStoredImage(image, this.#store).catch(undefinedIfDamaged)),
      this.#embedded().catch(undefinedIfDamaged),
    ]);
    return records.flatMap((record) => (record === undefined ? [] : [record.info]));
  }

  /**
   * Removes a name, and the image with its last one.
   * @throws BoxliteError `NotFound`; `InvalidState` when Boxes stand on it, naming them
   */
  async remove(referenceOrDigest: string): Promise<PruneReport> {
    await this.#open();
    const name = isDigest(referenceOrDigest) ? undefined : formatReference(parseReference(referenceOrDigest));
    if (name === EMBEDDED_IMAGE)
      throw new BoxliteError('InvalidState', `image ${name} comes with BoxLite and cannot be removed`, { reason: 'embedded' });
    const removed = await this.#index.update((images) => {
      const meant = images.filter(({ reference, digest }) => (name === undefined ? digest === referenceOrDigest : reference === name));
      const [first] = meant;
      if (first === undefined) throw imageNotFound(name ?? referenceOrDigest);
      const rest = images.filter((image) => !meant.includes(image));
      const boxes = rest.some(({ digest }) => digest === first.digest) ? [] : this.#usedBy(first.digest);
      if (boxes.length > 0) {
        throw new BoxliteError(
          'InvalidState',
          `image ${name ?? referenceOrDigest} is used by ${boxes.slice(0, 5).join(', ')}; remove these Boxes first`,
          {
            reason: 'image-in-use',
          },
        );
      }
      return { images: rest, result: meant };
    });
    return { removed: removed.map(nameOf), freedBytes: await this.#collect({ partials: false, all: false }) };
  }

  /**
   * Removes what nobody needs: images whose tag has gone to a newer one, root file systems and blobs without an image, half downloads.
   * @param options `all`: every image that no Box stands on
   */
  async prune(options: { all?: boolean } = {}): Promise<PruneReport> {
    checkOptions(options, 'a prune', ['all']);
    await this.#open();
    const all = options.all === true;
    const removed = await this.#index.update((images) => {
      const gone = images.filter(({ digest, replaced }) => (all || replaced) && this.#usedBy(digest).length === 0);
      return { images: gone.length === 0 ? images : images.filter((image) => !gone.includes(image)), result: gone };
    });
    return { removed: removed.map(nameOf), freedBytes: await this.#collect({ partials: true, all }) };
  }

  /** Bytes of disk that images take. */
  async diskUse(): Promise<ImageDiskUse> {
    await this.#open();
    return imageDiskUse(this.#layout);
  }

  #open(): Promise<void> {
    this.#closed.signal.throwIfAborted();
    this.#opened ??= this.#store.open().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #embedded(): Promise<ImageRecord> {
    const known = [...this.#inPlace.values()].find(({ info }) => info.embedded);
    if (known !== undefined) return known;
    const record = await readEmbeddedImage();
    this.#inPlace.set(record.info.digest, record);
    return record;
  }

  async #find(name: string): Promise<StoredImage | undefined> {
    await this.#open();
    return (await this.#index.all()).find(({ reference }) => reference === name);
  }

  /** Undefined for an image that has lost a part: it is pulled again. */
  async #readWhole(image: StoredImage): Promise<ImageRecord | undefined> {
    try {
      const record = await readStoredImage(image, this.#store);
      if (!(await this.#rootfs.has(image.digest)))
        for (const layer of record.manifest.layers) await record.checkLayer(layer, this.#closed.signal);
      return record;
    } catch (error) {
      return undefinedIfDamaged(error);
    }
  }

  async #record(digest: string): Promise<ImageRecord> {
    await this.#open();
    const image = (await this.#index.all()).find((candidate) => candidate.digest === digest);
    if (image !== undefined) return readStoredImage(image, this.#store);
    const record = this.#inPlace.get(digest);
    if (record === undefined) throw imageNotFound(digest);
    return record;
  }

  #collect({ partials, all }: { partials: boolean; all: boolean }): Promise<number> {
    const keep = all
      ? new Set<string>()
      : new Set([...this.#inPlace.values()].filter(({ info }) => info.embedded).map(({ info }) => info.digest));
    return collect({
      store: this.#store,
      index: this.#index,
      rootfs: this.#rootfs,
      usedBy: this.#usedBy,
      onRemoved: (digest) => this.#observer.removed?.({ digest }),
      keep,
      partials,
    });
  }

  #signal(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closed.signal : AbortSignal.any([signal, this.#closed.signal]);
  }

  #waiter({ signal, onProgress }: ImageWorkOptions) {
    return { signal: this.#signal(signal), onEvent: onProgress };
  }

  #teller(listener: ProgressListener | undefined): ProgressListener {
    return (event) => {
      this.#onProgress?.(event);
      listener?.(event);
    };
  }
}

const nameOf = ({ reference, digest }: StoredImage): string => reference ?? digest;

const undefinedIfDamaged = (error: unknown): undefined => {
  if (error instanceof BoxliteError && (error.code === 'Image' || error.code === 'Config')) return undefined;
  throw error;
};
