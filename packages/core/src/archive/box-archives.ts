import { setMaxListeners } from 'node:events';
import { resolve } from 'node:path';
import { AbortError, BoxliteError, throwIfAborted } from '@boxlite/shared';
import type { BoxHost } from '../box/box-host.js';
import type { BoxState } from '../box/box-state.js';
import type { ImageManager } from '../images/image-manager.js';
import { ProgressTeller } from '../images/pull/progress.js';
import { type BoxConfig, checkBoxName } from '../options/box-config.js';
import { type ExportedBox, exportBox } from './export-box.js';
import { importBox } from './import-box.js';

export interface ExportOptions {
  signal?: AbortSignal | undefined;
}

export interface ImportOptions {
  /** The new Box's name. @defaultValue the exported Box's where that is free, none otherwise */
  name?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** What archives need of the runtime. */
export interface ArchivesHost<Box> {
  readonly box: Pick<BoxHost, 'disks' | 'resolveImage' | 'onProgress'>;
  readonly images: ImageManager;
  /** @throws BoxliteError `AlreadyExists` when the name is taken. */
  checkName(name: string): void;
  /** Puts a Box among the others. @throws BoxliteError `AlreadyExists` when its name is taken. */
  add(config: BoxConfig, state: BoxState): Promise<Box>;
}

interface Work {
  progress: ProgressTeller;
  signal: AbortSignal;
}

const checkPath = (path: string): string => {
  if (typeof path === 'string' && path !== '' && !path.includes('\0')) return resolve(path);
  throw new BoxliteError('InvalidArgument', `the archive's path is ${JSON.stringify(path)}; it must be the path of a file`);
};

/** Writes a home's Boxes to archives, and makes Boxes of archives; any number at the same time. */
export class BoxArchives<Box> {
  readonly #host: ArchivesHost<Box>;
  readonly #closed = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(host: ArchivesHost<Box>) {
    this.#host = host;
    setMaxListeners(0, this.#closed.signal);
  }

  /** @returns the archive's absolute path */
  async export(box: ExportedBox, path: string, { signal }: ExportOptions = {}): Promise<string> {
    const absolute = checkPath(path);
    const { box: host, images } = this.#host;
    return this.#run('export', box.config.id, signal, (work) => exportBox({ box, path: absolute, host, images, ...work }));
  }

  async import(path: string, { name, signal }: ImportOptions = {}): Promise<Box> {
    const absolute = checkPath(path);
    const wanted = checkBoxName(name);
    if (wanted !== null) this.#host.checkName(wanted);
    const { box, images } = this.#host;
    const add = (config: BoxConfig, state: BoxState): Promise<Box> => this.#add(config, state, wanted);
    return this.#run('import', absolute, signal, (work) => importBox({ path: absolute, disks: box.disks, images, add, ...work }));
  }

  /** Breaks off what is under way and waits for its end. Idempotent. */
  async close(): Promise<void> {
    this.#closed.abort(new BoxliteError('Stopped', 'the runtime was closed'));
    await Promise.allSettled(this.#running);
  }

  async #add(config: BoxConfig, state: BoxState, wanted: string | null): Promise<Box> {
    if (wanted !== null) return this.#host.add({ ...config, name: wanted }, state);
    try {
      return await this.#host.add(config, state);
    } catch (error) {
      if (!(error instanceof BoxliteError && error.code === 'AlreadyExists')) throw error;
      return this.#host.add({ ...config, name: null }, state);
    }
  }

  async #run<T>(
    operation: 'export' | 'import',
    subject: string,
    given: AbortSignal | undefined,
    work: (work: Work) => Promise<T>,
  ): Promise<T> {
    const signal = given === undefined ? this.#closed.signal : AbortSignal.any([given, this.#closed.signal]);
    throwIfAborted(signal);
    const progress = new ProgressTeller(operation, subject, this.#host.box.onProgress);
    progress.whole('started');
    const running = work({ progress, signal });
    this.#running.add(running);
    try {
      const result = await running;
      progress.whole('done');
      return result;
    } catch (error) {
      progress.whole('failed');
      throw signal.aborted ? new AbortError(signal.reason) : error;
    } finally {
      this.#running.delete(running);
    }
  }
}
