import { type BoxFiles, collect, type Execution, type ExecOptions, type RunOptions, type RunResult } from '@boxlite/agent';
import { BoxliteError } from '@boxlite/shared';
import { type BoxMetrics, readBoxMetrics } from '../metrics/box-metrics.js';
import { unsupported } from '../unsupported.js';
import type { BoxController } from './box-controller.js';
import { type BoxInfo, boxInfo } from './box-info.js';
import { lazyFiles } from './lazy-files.js';
import { type LogLine, readLogs } from './logs.js';

const STOP_TIMEOUT_MS = 10_000;

/** What a handle needs of the runtime it came from. */
export interface LiteBoxHost {
  removeBox(id: string, options: { force: boolean }): Promise<void>;
}

/**
 * A handle of one Box. Any number of handles of a Box are the same Box; none owns it.
 *
 * Cheap until used: the first `exec` or `start` pulls the image and boots the VM. All methods may be called at the same time.
 * `await using` stops the Box at the end of the block unless it is detached.
 */
export class LiteBox implements AsyncDisposable {
  readonly id: string;
  readonly name: string | undefined;
  /** Single files in the Box, as its processes see them. */
  readonly files: BoxFiles;
  readonly #controller: BoxController;
  readonly #host: LiteBoxHost;

  /** @internal Boxes come from `BoxliteRuntime.create` and `get`. */
  constructor(host: LiteBoxHost, controller: BoxController) {
    this.#host = host;
    this.#controller = controller;
    this.id = controller.config.id;
    this.name = controller.config.name ?? undefined;
    this.files = lazyFiles(async () => (await controller.start()).session.files);
  }

  /** What is known of the Box now. */
  info(): Promise<BoxInfo> {
    return Promise.resolve(boxInfo(this.#controller.config, this.#controller.state));
  }

  /**
   * Starts the Box when it does not run: pulls and prepares the image, boots the VM, makes the container. Idempotent.
   * @throws BoxliteError of the step that failed; the Box is then `failed`, and may be started again.
   */
  async start(): Promise<void> {
    await this.#controller.start();
  }

  /**
   * Starts a command in the Box, and the Box itself when it does not run.
   * @throws BoxliteError `Execution` when the command cannot be started: reason `command-not-found`, `command-not-executable`,
   *   `user-not-found`, `bad-working-dir`. A command that ends with another code than 0 is no error.
   */
  exec(command: string, args: readonly string[] = [], options: ExecOptions = {}): Promise<Execution> {
    return this.#controller.exec(command, args, options);
  }

  /**
   * Runs a command to its end and collects what it prints.
   * @throws BoxliteError as `exec`; `Execution` on an exit code other than 0 with `check`; `ResourceExhausted` beyond `maxBuffer`.
   */
  run(command: string, args: readonly string[] = [], options: RunOptions = {}): Promise<RunResult> {
    return collect((execOptions) => this.#controller.exec(command, args, execOptions), command, options);
  }

  /** How much the Box uses, and what it did since this runtime holds it. */
  metrics(): Promise<BoxMetrics> {
    return readBoxMetrics(this.#controller);
  }

  /**
   * The VM's console since the last start, line by line: what the guest's kernel and agent said.
   * @param options `follow`: go on until the VM ends.
   */
  logs(options: { follow?: boolean; signal?: AbortSignal } = {}): AsyncIterable<LogLine> {
    return readLogs(this.#controller.layout.console, {
      signal: options.signal,
      until: options.follow === true ? this.#controller.ended : undefined,
    });
  }

  /**
   * Stops the Box: its processes get SIGTERM, after `timeoutMs` SIGKILL; its disk is written and kept. Idempotent.
   * @param options `timeoutMs`: 10 000 by default; 0 switches the VM off at once, as a power cut does.
   */
  async stop(options: { timeoutMs?: number } = {}): Promise<void> {
    const timeoutMs = options.timeoutMs ?? STOP_TIMEOUT_MS;
    if (!Number.isFinite(timeoutMs) || timeoutMs < 0 || timeoutMs > 2 ** 31 - 1) {
      throw new BoxliteError('InvalidArgument', `timeoutMs is ${String(timeoutMs)}; it must be a number of milliseconds, 0 or more`);
    }
    await this.#controller.stop(Math.round(timeoutMs));
  }

  /**
   * Removes the Box and its disk.
   * @throws BoxliteError `InvalidState` when it runs and `force` is not set.
   */
  remove(options: { force?: boolean } = {}): Promise<void> {
    return this.#host.removeBox(this.id, { force: options.force ?? false });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#controller.config.detach) await this.stop();
  }

  /** Not supported yet. */
  get snapshots(): never {
    throw unsupported('snapshots');
  }

  /** Not supported yet. */
  attach(): Promise<Execution> {
    return Promise.reject(unsupported('attach', 'start the command with exec'));
  }

  /** Not supported yet. */
  copyIn(): Promise<void> {
    return Promise.reject(unsupported('copyIn', 'use files.write for single files'));
  }

  /** Not supported yet. */
  copyOut(): Promise<void> {
    return Promise.reject(unsupported('copyOut', 'use files.read for single files'));
  }

  /** Not supported yet. */
  clone(): Promise<LiteBox[]> {
    return Promise.reject(unsupported('clone'));
  }

  /** Not supported yet. */
  pause(): Promise<void> {
    return Promise.reject(unsupported('pause'));
  }

  /** Not supported yet. */
  resume(): Promise<void> {
    return Promise.reject(unsupported('resume'));
  }

  /** Not supported yet. */
  export(): Promise<string> {
    return Promise.reject(unsupported('export'));
  }
}
