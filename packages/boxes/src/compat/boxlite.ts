import { BoxliteError, type LiteBox } from '@boxlite/core';
import type { HeldRuntime, RuntimeSource } from '../default-runtime.js';
import { boxInfoOf, type JsBoxInfo } from './box-info.js';
import { boxOptionsOf, type JsBoxOptions } from './box-options.js';
import { JsBox } from './box.js';
import { ImageHandle } from './images.js';
import { Lease } from './lease.js';
import { type JsRuntimeMetrics, runtimeMetricsOf } from './metrics.js';
import { REGISTRIES, type RefusedPart, refuseServer } from './refused.js';
import { type JsOptions, runtimeOptionsOf } from './runtime-options.js';
import { VolumeHandle } from './volumes.js';

/** A day: as good as for ever, and a number that timers take. */
const FOREVER_MS = 86_400_000;

const isNotFound = (error: unknown): boolean => error instanceof BoxliteError && error.code === 'NotFound';

const unlessNotFound = async <T>(promise: Promise<T>): Promise<T | null> => {
  try {
    return await promise;
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
};

let theDefault: JsBoxlite | undefined;

/**
 * A runtime: the Boxes and images of a home. It is opened when it is first used, and open until {@link close}, {@link shutdown} or the end
 * of the process, which lasts as long as a Box runs.
 */
export class JsBoxlite implements RuntimeSource {
  readonly #lease: Lease;
  /** Its images. */
  readonly images: ImageHandle;
  /** Its named volumes. */
  readonly volumes: VolumeHandle;

  /**
   * @param options - without them it is the runtime that all share who name none
   * @throws BoxliteError `Unsupported`, `InvalidArgument`.
   */
  constructor(options?: JsOptions) {
    this.#lease = new Lease(options && runtimeOptionsOf(options));
    this.images = new ImageHandle(this.#lease);
    this.volumes = new VolumeHandle(this.#lease);
  }

  /** The one runtime of all who name none, of the home that `BOXLITE_HOME` names, or `~/.boxlite`. */
  static withDefaultConfig(): JsBoxlite {
    theDefault ??= new JsBoxlite();
    return theDefault;
  }

  /**
   * Says what {@link withDefaultConfig} gives.
   * @throws BoxliteError `InvalidState` when that is there already.
   */
  static initDefault(options: JsOptions): void {
    if (theDefault !== undefined)
      throw new BoxliteError('InvalidState', 'the default runtime is there already; call initDefault before it is used');
    theDefault = new JsBoxlite(options);
  }

  /** @throws BoxliteError `Unsupported`. */
  static rest(_url: unknown, _credential?: unknown, _prefix?: string | null): never {
    return refuseServer();
  }

  /** Not supported: name them as `imageRegistries`. */
  get registries(): RefusedPart {
    return REGISTRIES;
  }

  /** For boxes that are given a runtime. */
  hold(): Promise<HeldRuntime> {
    return this.#lease.hold();
  }

  /**
   * Makes a Box. Nothing is pulled or booted yet.
   * @throws BoxliteError `AlreadyExists` for a name that is taken; `Unsupported` for what there is not yet; `InvalidArgument`.
   */
  async create(options: JsBoxOptions, name?: string | null): Promise<JsBox> {
    const planned = boxOptionsOf(options, name ?? undefined);
    return new JsBox(await (await this.#lease.runtime()).create(planned));
  }

  /** The Box of this name, with its own options, or a new one. */
  async getOrCreate(options: JsBoxOptions, name?: string | null): Promise<{ readonly created: boolean; readonly box: JsBox }> {
    if (typeof name !== 'string') return { box: await this.create(options), created: true };
    const planned = boxOptionsOf(options, name);
    const { box, created } = await (await this.#lease.runtime()).getOrCreate({ ...planned, name });
    return { box: new JsBox(box), created };
  }

  async #find(idOrName: string): Promise<LiteBox | null> {
    return unlessNotFound((await this.#lease.runtime()).get(idOrName));
  }

  /** A Box by its id or name; null when there is none. */
  async get(idOrName: string): Promise<JsBox | null> {
    const found = await this.#find(idOrName);
    return found && new JsBox(found);
  }

  /** What is known of a Box; null when there is none. */
  async getInfo(idOrName: string): Promise<JsBoxInfo | null> {
    const found = await this.#find(idOrName);
    return found && boxInfoOf(await found.info());
  }

  /** All Boxes, newest first. */
  async listInfo(): Promise<JsBoxInfo[]> {
    return (await (await this.#lease.runtime()).list()).map(boxInfoOf);
  }

  /** What it did since it was opened. */
  async metrics(): Promise<JsRuntimeMetrics> {
    return runtimeMetricsOf((await this.#lease.runtime()).metrics());
  }

  /**
   * Removes a Box and its disk.
   * @param force - stops it first when it runs; and is content when there is none, as after a stop that has removed it
   * @throws BoxliteError `NotFound`; `InvalidState` when it runs
   */
  async remove(idOrName: string, force?: boolean | null): Promise<void> {
    const removing = (await this.#lease.runtime()).remove(idOrName, { force: force === true });
    await (force === true ? unlessNotFound(removing) : removing);
  }

  /** Makes a Box of a file that {@link JsBox.export} has written. */
  async importBox(archivePath: string, name?: string | null): Promise<JsBox> {
    const runtime = await this.#lease.runtime();
    return new JsBox(await runtime.import(archivePath, typeof name === 'string' ? { name } : {}));
  }

  /** Closes it: its Boxes are stopped, but those with `detach`. The default one stays open, for all who use it. Idempotent. */
  async close(): Promise<void> {
    if (theDefault !== this) await this.#lease.close();
  }

  /**
   * Stops all Boxes and closes it for good.
   * @param timeout - seconds that the processes of a Box have to end, 10 by default; -1: as long as they need
   */
  async shutdown(timeout?: number | null): Promise<void> {
    const runtime = await this.#lease.runtime();
    const patience = typeof timeout !== 'number' ? {} : { timeoutMs: timeout < 0 ? FOREVER_MS : timeout * 1000 };
    const running = (await runtime.list()).filter(({ status }) => !['configured', 'stopped', 'failed'].includes(status));
    // One that is removed when it stops may be gone by now.
    const stop = async (id: string): Promise<void> => (await runtime.get(id)).stop(patience);
    const ended = await Promise.allSettled(running.map(({ id }) => unlessNotFound(stop(id))));
    if (theDefault === this) theDefault = undefined;
    await this.#lease.close();
    for (const each of ended) if (each.status === 'rejected') throw each.reason;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** The runtime of boxes that were given none, where a program has made one. */
export const defaultRuntime = (): RuntimeSource | undefined => theDefault;

/** {@link JsBoxlite}, for programs that ask for it. */
export const getJsBoxlite = (): typeof JsBoxlite => JsBoxlite;
