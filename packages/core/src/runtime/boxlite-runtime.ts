import { BoxliteError, checkOptions, HomeLayout } from '@boxlite/shared';
import { chooseAccelerator, ShimController } from '@boxlite/shim';
import type { FileLock } from '@boxlite/vmm';
import type { Registry } from 'prom-client';
import { BoxArchives, type ExportOptions, type ImportOptions } from '../archive/box-archives.js';
import type { BoxController } from '../box/box-controller.js';
import type { BoxHost } from '../box/box-host.js';
import type { BoxInfo } from '../box/box-info.js';
import type { CloneOptions } from '../box/clone-box.js';
import { LiteBox } from '../box/lite-box.js';
import { DiskStore } from '../disks/disk-store.js';
import { EventLog } from '../events/event-log.js';
import { Events } from '../events/events.js';
import type { RuntimeEvent } from '../events/runtime-event.js';
import { ImageManager } from '../images/image-manager.js';
import { Logger } from '../logging/logger.js';
import { MachineStarter } from '../machine/start-machine.js';
import { RuntimeMeters, type RuntimeMetrics } from '../metrics/runtime-meters.js';
import { boxConfig } from '../options/box-config.js';
import type { BoxOptions } from '../options/box-options.js';
import { checkSecurity } from '../options/security.js';
import { checkRuntimeOptions, type RuntimeOptions } from '../options/runtime-options.js';
import { Ahead } from '../pool/ahead.js';
import { poolPlan } from '../pool/pool-plan.js';
import { RecoveryNotes, type RecoveryReport } from '../recovery/recovery-report.js';
import { makeDirectories } from '../state/make-directories.js';
import { storageError } from '../state/storage-error.js';
import { FileChecksums } from '../templates/file-checksums.js';
import { ImageTemplates } from '../templates/image-templates.js';
import { ShapeTemplates } from '../templates/shape-templates.js';
import { TemplateStore } from '../templates/template-store.js';
import { HomeVolumes } from '../volumes/home-volumes.js';
import type { VolumeManager } from '../volumes/volume-manager.js';
import { BoxTable } from './box-table.js';
import { carefulListener } from './careful-listener.js';
import { checkHome } from './check-home.js';
import { HomeBoxes } from './home-boxes.js';
import { imageObserver } from './image-observer.js';
import { lockHome } from './lock-home.js';
import { ReadWriteLock } from './read-write-lock.js';
import { resolveBoxImage } from './resolve-box-image.js';
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
  readonly #disks: DiskStore;
  readonly #volumes: HomeVolumes;
  readonly #templates: TemplateStore;
  readonly #imageTemplates: ImageTemplates;
  readonly #ahead: Ahead;
  readonly #host: BoxHost;
  readonly #homeBoxes: HomeBoxes;
  readonly #events: Events;
  readonly #archives: BoxArchives<BoxController>;
  #recovery: RecoveryReport = { actions: [], durationMs: 0 };
  #closing: Promise<void> | undefined;

  private constructor(layout: HomeLayout, options: RuntimeOptions, fileLock: FileLock) {
    this.#layout = layout;
    this.#options = options;
    this.#fileLock = fileLock;
    this.#log = new Logger(layout.log);
    const { standby = 0, warmPool } = options;
    const pool = poolPlan(warmPool);
    this.#meters = new RuntimeMeters({ pool: pool !== undefined, standby: standby > 0 });
    this.#disks = new DiskStore(layout.disks, () => this.#boxes.hasUnknownLayers);
    this.#volumes = new HomeVolumes({
      directory: layout.volumes,
      boxes: this.#boxes,
      exclusive: (work) => {
        this.#checkOpen();
        return this.#lock.write(work);
      },
    });
    this.#events = new Events(new EventLog(layout.eventLog, this.#log));
    this.#homeBoxes = new HomeBoxes({
      layout,
      log: this.#log,
      meters: this.#meters,
      events: this.#events,
      table: this.#boxes,
      lock: this.#lock,
      disks: this.#disks,
      volumes: this.#volumes,
      host: () => this.#host,
      checkOpen: () => {
        this.#checkOpen();
      },
    });
    const checksums = new FileChecksums();
    this.#templates = new TemplateStore(layout.templates, checksums, this.#log);
    this.#imageTemplates = new ImageTemplates(this.#templates, checksums, this.#log);
    const onProgress = carefulListener(options.onProgress, this.#log);
    this.images = new ImageManager({
      layout: layout.images,
      registries: options.registries ?? [],
      onProgress,
      usedBy: (digest) => this.#boxes.usersOf(digest),
      observer: imageObserver(this.#meters, this.#templates, this.#events),
    });
    const shapes = new ShapeTemplates(this.#templates, checksums);
    const choose = async () => (await chooseAccelerator(options.accelerator ?? 'auto', options.isolation ?? 'any')).accelerator;
    this.#ahead = new Ahead({
      standby,
      pool,
      directory: layout.standby,
      meters: this.#meters,
      log: this.#log,
      disks: this.#disks,
      templates: this.#templates,
      templateOf: (shape, guest, signal) => shapes.get(shape, guest, signal),
      imageOf: async (config, signal) =>
        this.images.prepare({ digest: await resolveBoxImage(this.images, config, null, signal) }, { signal }),
      chooseAccelerator: choose,
    });
    this.#host = {
      log: this.#log,
      meters: this.#meters,
      events: this.#events,
      onProgress,
      disks: this.#disks,
      volumes: this.#volumes,
      checksums,
      starter: new MachineStarter({
        templates: this.#templates,
        shapes,
        images: this.#imageTemplates,
        disks: this.#disks,
        ahead: this.#ahead,
        log: this.#log,
      }),
      security: checkSecurity(options.security),
      resolveImage: (config, digest, signal) => resolveBoxImage(this.images, config, digest, signal),
      prepareImage: (digest, signal) => this.images.prepare({ digest }, { signal }),
      chooseAccelerator: choose,
      releaseDisk: (disk) => this.#disks.remove(disk, this.#homeBoxes.namedLayers()),
      removeStopped: (id) => this.#homeBoxes.remove(id, { force: false, missing: 'ignore' }),
    };
    this.#archives = new BoxArchives({
      box: this.#host,
      images: this.images,
      checkName: (name) => this.#boxes.checkNames([{ name }]),
      add: (config, state) => this.#homeBoxes.add(config, state),
    });
  }

  /**
   * Opens a home, takes its lock, and puts right what an earlier runtime left: detached Boxes are adopted, what died is noted.
   * @throws BoxliteError `Config`: reason `locked`, naming the process that has the home; `home-owner` or `home-mode` when it is another user's,
   * or others can write to it. `Storage` when the home cannot be made or written. `UnsupportedEngine` for an accelerator that this platform cannot have.
   */
  static async open(options: RuntimeOptions = {}): Promise<BoxliteRuntime> {
    checkRuntimeOptions(options);
    const layout = HomeLayout.resolve(options.home);
    try {
      await makeDirectories(layout.root);
      await checkHome(layout.root);
      await makeDirectories(layout.boxes);
      await makeDirectories(layout.disks);
    } catch (error) {
      throw storageError(error, `making the home ${layout.root} (another can be chosen by the option 'home' or BOXLITE_HOME)`);
    }
    const lock = await lockHome(layout.lock);
    try {
      const runtime = new BoxliteRuntime(layout, options, lock);
      await runtime.#recover();
      // In the background: nobody waits for it.
      runtime.#ahead.refill();
      return runtime;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Makes, lists and removes named volumes. */
  get volumes(): VolumeManager {
    return this.#volumes.manager;
  }

  /** What the opening of the home has put right, and what it had to leave out. The log has it, too. */
  get recovery(): RecoveryReport {
    return this.#recovery;
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
    return this.#handle(await this.#homeBoxes.add(boxConfig(options)));
  }

  /** The Box with this name, made from the options when there is none. An existing one keeps its own options. */
  async getOrCreate(options: BoxOptions & { name: string }): Promise<{ box: LiteBox; created: boolean }> {
    this.#checkOpen();
    const config = boxConfig(options);
    const { box, created } = await this.#homeBoxes.getOrAdd(options.name, config);
    return { box: this.#handle(box), created };
  }

  /**
   * Finds a Box by id, name, or a prefix of an id that only one has.
   * @throws BoxliteError `NotFound`; `InvalidArgument` when a prefix fits several; `Storage`, reason `box-damaged`, for one whose files cannot
   *   be read: see {@link recovery}.
   */
  async get(idOrName: string): Promise<LiteBox> {
    this.#checkOpen();
    return this.#lock.read(() => this.#handle(this.#boxes.find(idOrName)));
  }

  /** All Boxes of the home, newest first; those whose files cannot be read are in {@link recovery} only. */
  async list(): Promise<BoxInfo[]> {
    this.#checkOpen();
    const boxes = await this.#lock.read(() => this.#boxes.all());
    return Promise.all(boxes.map((box) => box.info()));
  }

  /**
   * Removes a Box and its disk.
   * @throws BoxliteError `NotFound`; `InvalidState` when it runs and `force` is not set.
   */
  async remove(idOrName: string, options: { force?: boolean } = {}): Promise<void> {
    checkOptions(options, 'a removal', ['force']);
    this.#checkOpen();
    const damaged = this.#boxes.findDamaged(idOrName);
    if (damaged !== undefined) {
      await this.#homeBoxes.removeDamaged(damaged, options.force ?? false);
      return;
    }
    const { config } = await this.#lock.read(() => this.#boxes.find(idOrName));
    await this.#homeBoxes.remove(config.id, { force: options.force ?? false, missing: 'throw' });
  }

  /**
   * Makes a Box of a file that `LiteBox.export` wrote, in whatever home: with the disk and the image of the one that was exported, stopped,
   * with an id of its own. The file is not needed afterwards. When this fails, nothing of it is left.
   * @throws BoxliteError `Storage`, reason `archive-damaged`, for a file that is not as it was written; `InvalidArgument` for another kind of file;
   *   `Unsupported` for another version of the format; `AlreadyExists` for a name that is taken; `Image` for an image that cannot run here.
   */
  async import(path: string, options: ImportOptions = {}): Promise<LiteBox> {
    checkOptions(options, 'an import', ['name', 'signal']);
    this.#checkOpen();
    return this.#handle(await this.#archives.import(path, options));
  }

  /**
   * What happens in this runtime from now on: to Boxes, their commands and images. A reader who is slow misses the oldest of more than 1024
   * events that wait, and is told how many (`missed`). Ends when the runtime is closed; breaking off the loop ends it as well.
   * {@link readEvents} reads the same of another process's runtime.
   * @throws AbortError, from the iteration, when the signal fires.
   */
  events(options: { signal?: AbortSignal } = {}): AsyncIterableIterator<RuntimeEvent, undefined> {
    checkOptions(options, 'events', ['signal']);
    this.#checkOpen();
    return this.#events.listen(options.signal);
  }

  /** The engine, the accelerator and why it was chosen, and what isolates a Box here. */
  async system(): Promise<SystemInfo> {
    this.#checkOpen();
    return readSystemInfo(this.#layout.root, this.#options, await this.#templates.diskUse());
  }

  /** What this runtime did since it was opened. */
  metrics(): RuntimeMetrics {
    return this.#meters.snapshot();
  }

  /**
   * Stops attached Boxes, leaves detached ones running, frees the lock. Idempotent; the runtime refuses everything afterwards.
   * @param options `signal`: when it aborts, what is only made for later Boxes (the template of an image, which can take seconds) is given up.
   */
  close(options: { signal?: AbortSignal } = {}): Promise<void> {
    this.#closing ??= this.#close(options.signal);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(hurry: AbortSignal | undefined): Promise<void> {
    const reason = new BoxliteError('Stopped', `the runtime of ${this.#layout.root} was closed`);
    try {
      const closing = [this.#archives.close(), this.#ahead.close(), ...this.#boxes.all().map((box) => box.close(reason, CLOSE_TIMEOUT_MS))];
      const results = await Promise.allSettled(closing);
      await this.#imageTemplates.close(hurry);
      await Promise.all([this.images.close(), this.#templates.close()]);
      for (const result of results) {
        if (result.status === 'rejected') throw BoxliteError.from(result.reason);
      }
    } finally {
      await this.#events.close();
      await this.#log.close();
      this.#fileLock.release();
    }
  }

  async #recover(): Promise<void> {
    const notes = new RecoveryNotes(this.#log);
    await this.images.recover(notes);
    const { boxes, standby, templates } = this.#layout;
    const left = ShimController.removeLeft([boxes, standby, templates]);
    await Promise.all([left, this.#templates.recover(notes), this.#ahead.recover(notes), this.#volumes.recover(notes)]);
    await this.#homeBoxes.recover(notes);
    this.#recovery = notes.report();
  }

  #handle(controller: BoxController): LiteBox {
    const host = {
      removeBox: (id: string, options: { force: boolean }) => this.#homeBoxes.remove(id, { ...options, missing: 'throw' }),
      renameBox: (box: BoxController, name: string) => {
        this.#checkOpen();
        return this.#homeBoxes.rename(box, name);
      },
      cloneBox: (parent: BoxController, options: CloneOptions) => this.#homeBoxes.clone(parent, options),
      exportBox: (exported: BoxController, path: string, options: ExportOptions) => this.#archives.export(exported, path, options),
    };
    return new LiteBox(host, controller);
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new BoxliteError('Stopped', `the runtime of ${this.#layout.root} is closed; open another`);
  }
}
