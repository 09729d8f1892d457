import type { Readable } from 'node:stream';
import {
  type AgentSession,
  type BoxFiles,
  type BoxPath,
  checkExec,
  checkRun,
  collect,
  type Execution,
  type BoxProcess,
  type ExecutionInfo,
  type ExecOptions,
  holdSource,
  type RunOptions,
  type RunResult,
} from '@boxlite/agent';
import { BoxliteError, checkOptions } from '@boxlite/shared';
import type { ExportOptions } from '../archive/box-archives.js';
import { type BoxMetrics, readBoxMetrics } from '../metrics/box-metrics.js';
import type { BoxController } from './box-controller.js';
import { checkBoxName } from '../options/box-config.js';
import { BoxSnapshots } from '../snapshots/box-snapshots.js';
import type { BoxInfo } from './box-info.js';
import type { CloneOptions } from './clone-box.js';
import type { OciConfig } from '../oci/oci-config.js';
import { describeContainer } from './describe-container.js';
import type { CopyInOptions, CopyOptions, CopyResult } from './copy-options.js';
import { copyTarIn, copyTarOut } from '../tar/copy-tar.js';
import { copyTreeIn, copyTreeOut } from './copy-tree.js';
import { lazyFiles } from './lazy-files.js';
import { type LogLine, readLogs, readMainLog } from './logs.js';
import { type AttachOptions, hasMain } from './main-process.js';

const STOP_TIMEOUT_MS = 10_000;

const OF_COPY = ['archive', 'followLink', 'onProgress', 'signal'] as const satisfies readonly (keyof CopyOptions)[];
const OF_COPY_IN = [...OF_COPY, 'owner'] as const satisfies readonly (keyof CopyInOptions)[];

/** What a handle needs of the runtime it came from. */
export interface LiteBoxHost {
  removeBox(id: string, options: { force: boolean }): Promise<void>;
  renameBox(box: BoxController, name: string): Promise<void>;
  cloneBox(parent: BoxController, options: CloneOptions): Promise<BoxController[]>;
  exportBox(box: BoxController, path: string, options: ExportOptions): Promise<string>;
}

/**
 * A handle of one Box. Any number of handles of a Box are the same Box; none owns it.
 *
 * Cheap until used: the first `exec` or `start` pulls the image and boots the VM. All methods may be called at the same time. What is under
 * way when the VM dies fails with the error that {@link info} then has: `Engine`, reason `vm-died`, with the VM's last words.
 * `await using` stops the Box at the end of the block unless it is detached.
 */
export class LiteBox implements AsyncDisposable {
  readonly id: string;
  /** Single files in the Box, as its processes see them. A Box that does not run is started for them, without its main process. */
  readonly files: BoxFiles;
  /** What the Box was at other times. */
  readonly snapshots: BoxSnapshots;
  readonly #controller: BoxController;
  readonly #host: LiteBoxHost;
  /** Of the Box, which is started for its files when it does not run, without its main process. */
  readonly #session: () => Promise<AgentSession>;

  /** @internal Boxes come from `BoxliteRuntime.create` and `get`. */
  constructor(host: LiteBoxHost, controller: BoxController) {
    this.#host = host;
    this.#controller = controller;
    this.id = controller.config.id;
    this.snapshots = new BoxSnapshots(controller);
    this.#session = async () => (await controller.start(false)).session;
    this.files = lazyFiles(async () => (await this.#session()).files);
  }

  get name(): string | undefined {
    return this.#controller.config.name ?? undefined;
  }

  /**
   * Gives the Box another name, whether it runs or not; its host name stays.
   * @throws BoxliteError `AlreadyExists` when another Box has it; `InvalidArgument` for what is no name.
   */
  async rename(name: string): Promise<void> {
    const checked = checkBoxName(name);
    if (checked === null) throw new BoxliteError('InvalidArgument', 'a name is missing; give one');
    await this.#host.renameBox(this.#controller, checked);
  }

  /**
   * What is known of the Box now.
   * @throws BoxliteError `NotFound` once it was removed.
   */
  async info(): Promise<BoxInfo> {
    this.#controller.checkThere();
    return this.#controller.info();
  }

  /**
   * The Box's container in the form of the OCI runtime specification. Its image is pulled and prepared when it is not here; the Box is not
   * started, and `linux.resources.memory` is there while it runs: the guest's kernel and agent leave that. {@link formatOciConfig} makes a `config.json` of it.
   */
  ociConfig(): Promise<OciConfig> {
    return describeContainer(this.#controller);
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
  async exec(command: string, args: readonly string[] = [], options: ExecOptions = {}): Promise<Execution> {
    checkExec(args, options);
    return this.#controller.exec(command, args, options);
  }

  /**
   * A command that runs in the Box, by the id of its Execution: the Execution itself when this runtime started it, else one that an earlier
   * program has left in a detached Box, or that ran in the Box that this one was cloned from. What such a command printed while no program
   * was there comes first: the last 256 KiB of each output, with the number of bytes that are missing before as `missed`. When it has ended
   * meanwhile, its exit status is known for 10 minutes, of the last 64. Its stdin has ended; a command with a terminal saw that hang up.
   * @throws BoxliteError `NotFound` when there is none, or not any more; `InvalidState` when the Box does not run, or the terminal hung up.
   */
  execution(id: string): Promise<Execution> {
    return this.#controller.session().then((session) => session.execution(id));
  }

  /**
   * The commands that run in the Box, oldest first, and those that have ended with nobody there to hear of it.
   * @throws BoxliteError `InvalidState` when the Box does not run.
   */
  executions(): Promise<ExecutionInfo[]> {
    return this.#controller.session().then((session) => session.executions());
  }

  /**
   * What runs in the Box now, up to 4096 processes. The image needs no `ps` for it.
   * @throws BoxliteError `InvalidState` when it does not run; `Portal` when the guest does not answer.
   */
  processes(): Promise<BoxProcess[]> {
    return this.#controller.session().then((session) => session.processes());
  }

  /**
   * Runs a command to its end and collects what it prints.
   * @throws BoxliteError as `exec`; `Execution` on an exit code other than 0 with `check`; `ResourceExhausted` beyond `maxBuffer`.
   */
  async run(command: string, args: readonly string[] = [], options: RunOptions = {}): Promise<RunResult> {
    checkRun(args, options);
    return collect((execOptions) => this.#controller.exec(command, args, execOptions), command, options);
  }

  /**
   * Makes Boxes that begin as this one is now, or was at a snapshot. Those of a Box that runs run as well: memory and disk are the same,
   * and its processes go on in each of them; hostname, machine-id, boot id, random numbers and clock are each one's own. The guest stands
   * still for some milliseconds meanwhile. Clones of a stopped Box have its disk, and are stopped.
   * @returns as many Boxes as `count` says; all of them, or none.
   * @throws BoxliteError `AlreadyExists` for a name that is taken; `NotFound` for a snapshot that is not there; `InvalidState` while the
   *   Box starts or stops, or, reason `started-cold`, when it was started without a template.
   */
  async clone(options: CloneOptions = {}): Promise<LiteBox[]> {
    checkOptions(options, 'a clone', ['name', 'count', 'snapshot']);
    const clones = await this.#host.cloneBox(this.#controller, options);
    return clones.map((clone) => new LiteBox(this.#host, clone));
  }

  /**
   * Halts the guest; its memory stays where it is. Commands that run stand still, new ones are refused. Idempotent.
   * @throws BoxliteError `InvalidState` when it does not run.
   */
  pause(): Promise<void> {
    return this.#controller.pause();
  }

  /**
   * Lets a paused guest go on, with the right time. Idempotent. A Box that is paused since the host had no room for what it writes (`error` of
   * {@link info}) writes that now; its commands went on being its own, and are found by {@link executions}.
   * @throws BoxliteError `InvalidState` when it is not paused; `ResourceExhausted`, reason `ENOSPC`, when there still is no room.
   */
  resume(): Promise<void> {
    return this.#controller.resume();
  }

  /**
   * Writes the Box to one file, which `BoxliteRuntime.import` makes a Box of in any home: its configuration with the environment (and what is
   * secret in it), its image's root file system, and its disk; neither memory nor snapshots. The file is readable by its owner only. An older
   * file of that name is replaced when the new one is whole; when this fails, it stays.
   *
   * A Box that runs goes on, and what is exported is its disk at one moment, with all that its programs had written to it.
   * @returns the file's absolute path.
   * @throws BoxliteError `AlreadyExists` when something that is no file has that name; `Storage`; `InvalidState` while the Box starts or stops.
   */
  async export(path: string, options: ExportOptions = {}): Promise<string> {
    checkOptions(options, 'an export', ['signal']);
    return this.#host.exportBox(this.#controller, path, options);
  }

  /**
   * How much the Box uses, and what it did since this runtime holds it.
   * @throws BoxliteError `NotFound` once it was removed.
   */
  async metrics(): Promise<BoxMetrics> {
    this.#controller.checkThere();
    return readBoxMetrics(this.#controller);
  }

  /**
   * What was printed since the last start, line by line: by the main process, or, where there is none or `source` says so, to the VM's
   * console by the guest's kernel and agent. Of a main process the last 16 to 32 MiB are kept on the host, this part of which is read here.
   * @param options `follow`: go on until the VM ends.
   */
  logs(options: { follow?: boolean; signal?: AbortSignal; source?: 'main' | 'console' } = {}): AsyncIterable<LogLine> {
    checkOptions(options, 'logs', ['follow', 'signal', 'source']);
    const { layout, config, ended } = this.#controller;
    const source = options.source ?? (hasMain(config) ? 'main' : 'console');
    const read = { signal: options.signal, until: options.follow === true ? ended : undefined };
    return source === 'main' ? readMainLog(layout.mainLog, read) : readLogs(layout.console, read);
  }

  /**
   * Stops the Box: its processes get SIGTERM, those at a terminal SIGHUP as well, after `timeoutMs` SIGKILL; its disk is written and kept. Idempotent.
   * @param options `timeoutMs`: 10 000 by default; 0 switches the VM off at once, as a power cut does.
   */
  async stop(options: { timeoutMs?: number } = {}): Promise<void> {
    checkOptions(options, 'a stop', ['timeoutMs']);
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
  async remove(options: { force?: boolean } = {}): Promise<void> {
    checkOptions(options, 'a removal', ['force']);
    return this.#host.removeBox(this.id, { force: options.force ?? false });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#controller.config.detach) await this.stop();
  }

  /**
   * The main process of the Box, which is started when it does not run. All who attach get the same Execution, with what is printed from then
   * on, from the first byte when this starts the Box; {@link logs} has what came before. Until somebody attaches, nobody holds back what it
   * prints. When it ends, the Box is stopped, and the exit code is in {@link info}.
   * @throws BoxliteError `InvalidState` when the Box was created without `cmd`, `entrypoint` and `tty`; what `start` throws.
   */
  async attach(options: AttachOptions = {}): Promise<Execution> {
    checkOptions(options, 'an attach', ['size', 'timeoutMs']);
    return this.#controller.attach(options);
  }

  /**
   * Copies a file or a tree from the host into the Box, which is started when it does not run, without its main process. Links stay links, hard links are kept, as are
   * modes, times, holes, FIFOs and `user.*` attributes; sockets are left out.
   *
   * Where to, by the rules of `docker cp`: into `boxPath` when that is a directory, else under that name, whose parent must exist. A slash at
   * the end of `boxPath` says that it must be a directory. With `/.` at the end of `hostPath` only what is in the directory is copied.
   * Directories that exist are filled, and stay what they are; a directory and something else do not replace each other.
   *
   * What is not complete has no final name: a new directory appears when all in it is there, a file in a directory that exists when the
   * file is. Nothing is written outside the target, whatever links there are.
   * @throws BoxliteError `NotFound`, `InvalidArgument`, `ResourceExhausted`, `Storage` and others with the errno's name as reason;
   *   `InvalidArgument` (`device`) for a tree with a device; `InvalidState` (`source-changed`) for a file that got shorter meanwhile.
   * @throws AbortError when `signal` fires.
   */
  async copyIn(hostPath: string | Buffer, boxPath: BoxPath, options: CopyInOptions = {}): Promise<CopyResult> {
    checkOptions(options, 'a copy into a Box', OF_COPY_IN);
    return copyTreeIn(this.#session, hostPath, boxPath, options);
  }

  /**
   * Copies a file or a tree out of the Box to the host, by the same rules as `copyIn`. What the Box says is not trusted: nothing is written
   * outside `hostPath`. Without `archive` files have neither setuid nor setgid.
   * @throws BoxliteError as `copyIn`; `Portal` when the guest lies.
   * @throws AbortError when `signal` fires.
   */
  async copyOut(boxPath: BoxPath, hostPath: string | Buffer, options: CopyOptions = {}): Promise<CopyResult> {
    checkOptions(options, 'a copy out of a Box', OF_COPY);
    return copyTreeOut(this.#session, boxPath, hostPath, options);
  }

  /**
   * Unpacks a tar archive (ustar, pax or GNU; not compressed) into a directory of the Box, by the rules of `copyIn`: what exists is filled or
   * replaced, no link is followed, and a file has its name when it is complete. Read only as fast as the Box takes it.
   * @param boxPath A directory that exists.
   * @throws BoxliteError as `copyIn`; `InvalidArgument` (`malformed-archive`, `device`) for an archive that is broken, leads out of the directory
   *   by `..`, or holds devices or sparse files. What came before stays.
   * @throws AbortError when `signal` fires.
   */
  async copyTarIn(archive: Readable, boxPath: BoxPath, options: CopyInOptions = {}): Promise<CopyResult> {
    checkOptions(options, 'a copy into a Box', OF_COPY_IN);
    holdSource(archive, 'the archive');
    return copyTarIn(this.#session, archive, boxPath, options);
  }

  /**
   * A file or a tree of the Box as a tar archive (pax, names in UTF-8, with owners; without extended attributes, holes written out), made as it
   * is read. Its names begin with the last one of `boxPath`, or with `.` where that ends with `/.`. To destroy it ends the copy. It fails with
   * the errors of `copyOut`; `Unsupported` for a name that is not UTF-8.
   */
  copyTarOut(boxPath: BoxPath, options: CopyOptions = {}): Readable {
    checkOptions(options, 'a copy out of a Box', OF_COPY);
    return copyTarOut(this.#session, boxPath, options);
  }
}
