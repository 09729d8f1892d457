import { BoxliteError, HomeLayout } from '@boxlite/shared';
import { chooseAccelerator } from '@boxlite/shim';
import { FileLock } from '@boxlite/vmm';
import type { Registry } from 'prom-client';
import { BoxController, type BoxHost } from '../box/box-controller.js';
import { createBoxFiles, readAllBoxes, removeBoxFiles } from '../box/box-files.js';
import { type BoxInfo, boxInfo } from '../box/box-info.js';
import { initialState } from '../box/box-state.js';
import { hasMachine } from '../box/box-status.js';
import { LiteBox } from '../box/lite-box.js';
import { ImageManager } from '../images/image-manager.js';
import type { ImageInfo } from '../images/image-info.js';
import { Logger } from '../logging/logger.js';
import { RuntimeMeters, type RuntimeMetrics } from '../metrics/runtime-meters.js';
import { type BoxConfig, boxConfig } from '../options/box-config.js';
import type { BoxOptions } from '../options/box-options.js';
import { checkRuntimeOptions, type RuntimeOptions } from '../options/runtime-options.js';
import { makeDirectories } from '../state/make-directories.js';
import type { ProgressListener } from '../progress.js';
import { storageError } from '../state/storage-error.js';
import { unsupported } from '../unsupported.js';
import { BoxTable } from './box-table.js';
import { ReadWriteLock } from './read-write-lock.js';
import { readSystemInfo, type SystemInfo } from './system-info.js';

const CLOSE_TIMEOUT_MS = 3_000;

/**
 * Owns a home directory: its Boxes, images and metrics.
 *
 * One runtime has a home at a time, in whatever process; a lock file sees to it. All methods may be called at the same time.
 * Attached Boxes end with the runtime, and with its process however that ends; detached ones live on and are adopted by the next.
 */
export class BoxliteRuntime implements AsyncDisposable {
  /** Pulls, lists and removes images. */
  readonly images: ImageManager;
  readonly #layout: HomeLayout;
  readonly #options: RuntimeOptions;
  readonly #fileLock: FileLock;
  readonly #log: Logger;
  readonly #meters: RuntimeMeters;
  readonly #lock = new ReadWriteLock();
  readonly #boxes = new BoxTable();
  readonly #host: BoxHost;
  #closing: Promise<void> | undefined;

  private constructor(layout: HomeLayout, options: RuntimeOptions, fileLock: FileLock) {
    this.#layout = layout;
    this.#options = options;
    this.#fileLock = fileLock;
    this.#log = new Logger(layout.log);
    this.#meters = new RuntimeMeters();
    const onProgress = this.#listener(options.onProgress);
    this.images = new ImageManager({
      layout: layout.images,
      registries: options.registries ?? [],
      onProgress,
      usedBy: (digest) => this.#boxes.usersOf(digest),
      observer: {
        pulled: ({ bytes }) => {
          this.#meters.imagePulled(bytes);
        },
        pullFailed: () => {
          this.#meters.imagePullFailed();
        },
        prepared: () => {
          this.#meters.imagePrepared();
        },
      },
    });
    this.#host = {
      log: this.#log,
      meters: this.#meters,
      onProgress,
      resolveImage: (config, digest, signal) => this.#resolveImage(config, digest, signal),
      prepareImage: (digest, signal) => this.images.prepare({ digest }, { signal }),
      chooseAccelerator: async () => (await chooseAccelerator(options.accelerator ?? 'auto', options.isolation ?? 'any')).accelerator,
      removeStopped: (id) => this.#remove(id, { force: false, missing: 'ignore' }),
    };
  }

  /**
   * Opens a home, takes its lock, and puts right what an earlier runtime left: detached Boxes are adopted, what died is noted.
   * @throws BoxliteError `Config`, reason `locked`, naming the process that has the home; `Storage` when the home cannot be made or written.
   */
  static async open(options: RuntimeOptions = {}): Promise<BoxliteRuntime> {
    checkRuntimeOptions(options);
    const layout = HomeLayout.resolve(options.home);
    try {
      await makeDirectories(layout.boxes);
    } catch (error) {
      throw storageError(error, `making the home ${layout.root} (another can be chosen by the option 'home' or BOXLITE_HOME)`);
    }
    const lock = FileLock.acquire(layout.lock);
    try {
      const runtime = new BoxliteRuntime(layout, options, lock);
      await runtime.#recover();
      return runtime;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Absolute path of the home directory. */
  get home(): string {
    return this.#layout.root;
  }

  /** The registry of all meters, for a program that exports them itself. */
  get prometheus(): Registry {
    return this.#meters.registry;
  }

  /**
   * Records a Box; nothing is pulled or booted before it is used.
   * @throws BoxliteError `InvalidArgument` naming the option; `AlreadyExists` when the name is taken; `Unsupported`.
   */
  async create(options: BoxOptions = {}): Promise<LiteBox> {
    this.#checkOpen();
    const config = boxConfig(options);
    return this.#handle(
      await this.#lock.write(() => {
        const taken = config.name === null ? undefined : this.#boxes.byName(config.name);
        if (taken !== undefined) {
          throw new BoxliteError(
            'AlreadyExists',
            `the name '${config.name ?? ''}' is taken by Box ${taken.config.id}; choose another name, or remove that Box`,
          );
        }
        return this.#add(config);
      }),
    );
  }

  /** The Box with this name, made from the options when there is none. An existing one keeps its own options. */
  async getOrCreate(options: BoxOptions & { name: string }): Promise<{ box: LiteBox; created: boolean }> {
    this.#checkOpen();
    const config = boxConfig(options);
    return this.#lock.write(async () => {
      const existing = this.#boxes.byName(options.name);
      return existing === undefined
        ? { box: this.#handle(await this.#add(config)), created: true }
        : { box: this.#handle(existing), created: false };
    });
  }

  /**
   * Finds a Box by id, name, or a prefix of an id that only one has.
   * @throws BoxliteError `NotFound`; `InvalidArgument` when a prefix fits several.
   */
  async get(idOrName: string): Promise<LiteBox> {
    this.#checkOpen();
    return this.#lock.read(() => this.#handle(this.#boxes.find(idOrName)));
  }

  /** All Boxes of the home, newest first. */
  async list(): Promise<BoxInfo[]> {
    this.#checkOpen();
    return this.#lock.read(() => this.#boxes.all().map((box) => boxInfo(box.config, box.state)));
  }

  /**
   * Removes a Box and its disk.
   * @throws BoxliteError `NotFound`; `InvalidState` when it runs and `force` is not set.
   */
  async remove(idOrName: string, options: { force?: boolean } = {}): Promise<void> {
    this.#checkOpen();
    const { config } = await this.#lock.read(() => this.#boxes.find(idOrName));
    await this.#remove(config.id, { force: options.force ?? false, missing: 'throw' });
  }

  /** Not supported yet. */
  import(): Promise<LiteBox> {
    return Promise.reject(unsupported('import'));
  }

  /** Not supported yet. */
  events(): AsyncIterable<never> {
    throw unsupported('events');
  }

  /** The engine, the accelerator and why it was chosen, and what isolates a Box here. */
  async system(): Promise<SystemInfo> {
    this.#checkOpen();
    return readSystemInfo(this.#layout.root, this.#options);
  }

  /** What this runtime did since it was opened. */
  metrics(): RuntimeMetrics {
    return this.#meters.snapshot();
  }

  /** Stops attached Boxes, leaves detached ones running, frees the lock. Idempotent; the runtime refuses everything afterwards. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const reason = new BoxliteError('Stopped', `the runtime of ${this.#layout.root} was closed`);
    try {
      const results = await Promise.allSettled(this.#boxes.all().map((box) => box.close(reason, CLOSE_TIMEOUT_MS)));
      await this.images.close();
      for (const result of results) {
        if (result.status === 'rejected') throw BoxliteError.from(result.reason);
      }
    } finally {
      await this.#log.close();
      this.#fileLock.release();
    }
  }

  async #recover(): Promise<void> {
    const found = await readAllBoxes(this.#layout, (id, problem) => {
      this.#log.error('the files of a Box cannot be read; it is left out, and its directory kept', { box: id, error: problem });
    });
    for (const note of await this.images.recover()) this.#log.warn(note);
    await Promise.all(
      found.map(async ({ config, state }) => {
        const box = new BoxController(this.#host, this.#layout.box(config.id), config, state);
        this.#boxes.add(box);
        if (hasMachine(state.status)) await box.adopt();
      }),
    );
    // An earlier runtime was cut off between the stop of these and their removal.
    await Promise.all(
      this.#boxes
        .all()
        .filter(({ config, state }) => config.autoRemove && state.startedAt !== null && !hasMachine(state.status))
        .map(({ config }) => this.#remove(config.id, { force: false, missing: 'ignore' })),
    );
  }

  async #add(config: BoxConfig): Promise<BoxController> {
    await createBoxFiles(this.#layout, config);
    const box = new BoxController(this.#host, this.#layout.box(config.id), config, initialState());
    this.#boxes.add(box);
    this.#meters.boxCreated();
    this.#log.info('created a Box', { box: config.id, name: config.name });
    return box;
  }

  async #remove(id: string, options: { force: boolean; missing: 'throw' | 'ignore' }): Promise<void> {
    const box = this.#boxes.byId(id);
    if (box === undefined) {
      if (options.missing === 'ignore') return;
      throw new BoxliteError('NotFound', `there is no Box ${id} any more`);
    }
    await box.remove(options.force, () =>
      this.#lock.write(async () => {
        await removeBoxFiles(this.#layout, id);
        this.#boxes.delete(id);
        this.#meters.boxRemoved();
        this.#log.info('removed a Box', { box: id });
      }),
    );
  }

  async #resolveImage({ id, source }: BoxConfig, digest: string | null, signal: AbortSignal): Promise<string> {
    if (digest !== null && (await this.images.has(digest))) return digest;
    const image = await this.#findImage(source, signal);
    if (digest !== null && image.digest !== digest) {
      const message = `Box ${id} was started from the image ${digest}, but its source has another one now (${image.digest}); its disk fits the first only. Bring that image back, or make a new Box`;
      throw new BoxliteError('Image', message, { reason: 'image-changed' });
    }
    return image.digest;
  }

  #findImage(source: BoxConfig['source'], signal: AbortSignal): Promise<ImageInfo> {
    switch (source.kind) {
      case 'image':
        return this.images.resolve(source.reference, { signal });
      case 'ociLayout':
        // Used where it lies: a name in it must not take the place of an image of the home.
        return this.images.resolveLayout(source.path);
      case 'archive':
        return this.images.load(source.path, { signal });
    }
  }

  #handle(box: BoxController): LiteBox {
    return new LiteBox({ removeBox: (id, options) => this.#remove(id, { ...options, missing: 'throw' }) }, box);
  }

  /** A listener that throws is told of in the log, and hurts nobody else. */
  #listener(listener: ProgressListener | undefined): ProgressListener {
    if (listener === undefined) return () => undefined;
    return (event) => {
      try {
        listener(event);
      } catch (error) {
        this.#log.error('onProgress threw', { error: String(error) });
      }
    };
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new BoxliteError('Stopped', `the runtime of ${this.#layout.root} is closed; open another`);
  }
}
