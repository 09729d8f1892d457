import { AgentSession, type Execution, type ExecOptions } from '@boxlite/agent';
import { BoxliteError, type BoxLayout } from '@boxlite/shared';
import { type Accelerator, ShimController, type Vm, type VmExit } from '@boxlite/shim';
import { Mutex } from 'async-mutex';
import type { PreparedImage } from '../images/prepare/prepared-image.js';
import type { Logger } from '../logging/logger.js';
import { BoxCounters } from '../metrics/box-counters.js';
import type { RuntimeMeters } from '../metrics/runtime-meters.js';
import type { BoxConfig } from '../options/box-config.js';
import type { ProgressListener } from '../progress.js';
import { bootMachine, type Machine, machineDied } from './boot-machine.js';
import type { BoxState } from './box-state.js';
import { hasMachine } from './box-status.js';
import { StateKeeper } from './state-keeper.js';

/** What a Box needs of its runtime. */
export interface BoxHost {
  readonly log: Logger;
  readonly meters: RuntimeMeters;
  readonly onProgress: ProgressListener;
  /** The digest of the image's manifest; `digest` is the one that an earlier start has used. */
  resolveImage(config: BoxConfig, digest: string | null, signal: AbortSignal): Promise<string>;
  prepareImage(digest: string, signal: AbortSignal): Promise<PreparedImage>;
  chooseAccelerator(): Promise<Accelerator>;
  /** Called once a Box with `autoRemove` has stopped. */
  removeStopped(id: string): Promise<void>;
}

/** A VM whose agent has not been spoken to yet has no session. */
interface Held {
  vm: Vm;
  session: AgentSession | undefined;
}

const SHUTDOWN_MARGIN_MS = 2_000;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * The one owner of a Box's state and VM.
 *
 * Starts and stops are serialised by a mutex of the Box; executions are not, they run side by side.
 * Each step of {@link BoxState} is on disk before it is acted on, and a VM's process is recorded as soon as it exists.
 * The VM's end is an event here: one that nobody asked for makes the Box `failed`, with the console's tail as the reason.
 */
export class BoxController {
  readonly config: BoxConfig;
  readonly layout: BoxLayout;
  readonly counters = new BoxCounters();
  readonly #host: BoxHost;
  readonly #mutex = new Mutex();
  readonly #keeper: StateKeeper;
  #held: Held | undefined;
  #starting: AbortController | undefined;
  /** Resolves when the watcher of the present VM has written the state after its end. */
  #ended: Promise<void> | undefined;
  /** Why nothing starts here any more: the runtime was closed, or the Box removed. */
  #closed: BoxliteError | undefined;
  #removed = false;

  constructor(host: BoxHost, layout: BoxLayout, config: BoxConfig, state: BoxState) {
    this.#host = host;
    this.layout = layout;
    this.config = config;
    this.#keeper = new StateKeeper(layout, host.log, state);
  }

  get state(): BoxState {
    return this.#keeper.state;
  }

  /** Resolves at the end of the VM that this runtime holds, when its state is settled; undefined when there is none. */
  get ended(): Promise<void> | undefined {
    return this.#held === undefined ? undefined : this.#ended;
  }

  /** True while the Box has a VM that this runtime holds. */
  get isRunning(): boolean {
    return this.#held !== undefined && this.state.status === 'running';
  }

  /** Takes over a detached VM from an earlier runtime, or ends what that one left behind. The agent is asked only when it is needed. */
  async adopt(): Promise<void> {
    const { vm: record, status } = this.state;
    const vm = record === null ? undefined : await ShimController.adopt(record);
    if (vm !== undefined && status === 'running' && this.config.detach) {
      this.#hold({ vm, session: undefined });
      return;
    }
    await vm?.kill();
    if (status === 'starting') await this.#settle('failed', 'the runtime that started it ended meanwhile');
    else await this.#settle('stopped', null);
  }

  /** Starts the Box when it does not run; concurrent callers share one start. */
  async start(): Promise<Machine> {
    if (this.#held?.session !== undefined && this.state.status === 'running') return this.#held as Machine;
    return this.#mutex.runExclusive(async () => {
      if (this.#closed !== undefined) throw this.#closed;
      // Of a VM that is gone; an adopted one without a session yet lives on.
      if (this.#held === undefined) await this.#ended;
      if (this.#held === undefined) return this.#boot();
      if (this.state.status === 'running') return this.#session(this.#held);
      throw new BoxliteError(
        'InvalidState',
        `Box ${this.config.id} is ${this.state.status}, and its VM has not ended; stop or remove it first`,
      );
    });
  }

  async exec(command: string, args: readonly string[], options: ExecOptions): Promise<Execution> {
    const { session } = await this.start();
    const begin = performance.now();
    try {
      const execution = await session.exec(command, args, options);
      this.counters.executions += 1;
      this.#host.meters.execStarted((performance.now() - begin) / 1_000);
      return execution;
    } catch (error) {
      this.counters.failedExecutions += 1;
      this.#host.meters.execFailed();
      throw error;
    }
  }

  /** Stops the Box: gracefully for `timeoutMs`, then by force. A start under way is given up. Idempotent. */
  async stop(timeoutMs: number): Promise<void> {
    this.#starting?.abort(new BoxliteError('Stopped', `Box ${this.config.id} was stopped while it started`));
    await this.#mutex.runExclusive(async () => {
      const held = this.#held;
      if (held === undefined) return;
      // A stop that failed midway is taken up again.
      if (this.state.status === 'running') await this.#keeper.regardless(this.#keeper.step('stop'));
      await this.#shutDown(held, timeoutMs);
      await this.#ended;
    });
    if (this.config.autoRemove && this.state.status !== 'configured') await this.#host.removeStopped(this.config.id);
  }

  /**
   * Removes the Box for good by `removeFiles`; with `force` its VM is ended first, as a power cut does.
   * Nothing starts here afterwards. Idempotent.
   * @throws BoxliteError `InvalidState` when it runs and `force` is not set.
   */
  async remove(force: boolean, removeFiles: () => Promise<void>): Promise<void> {
    const { id } = this.config;
    const running = (): BoxliteError =>
      new BoxliteError('InvalidState', `Box ${id} is ${this.state.status}; stop it first, or remove it with force`);
    const removed = new BoxliteError('NotFound', `Box ${id} was removed`);
    if (!force && hasMachine(this.state.status)) throw running();
    this.#starting?.abort(removed);
    await this.#mutex.runExclusive(async () => {
      if (this.#removed) return;
      const held = this.#held;
      if (held !== undefined) {
        // Started while this waited.
        if (!force) throw running();
        if (this.state.status === 'running') await this.#keeper.regardless(this.#keeper.step('stop'));
        held.session?.close(removed);
        await held.vm.kill();
        await this.#ended;
      }
      await this.#keeper.settled();
      await removeFiles();
      this.#removed = true;
      this.#closed = removed;
    });
  }

  /** For good: nothing starts any more. Attached VMs are stopped, detached ones let go. */
  async close(reason: BoxliteError, timeoutMs: number): Promise<void> {
    this.#closed = reason;
    if (!this.config.detach) {
      await this.stop(timeoutMs);
      return;
    }
    this.#starting?.abort(reason);
    await this.#mutex.runExclusive(() => {
      const held = this.#held;
      if (held === undefined) return;
      this.#held = undefined;
      this.#host.meters.machineLost();
      held.session?.close(reason);
      held.vm.release();
    });
  }

  async #shutDown(held: Held, timeoutMs: number): Promise<void> {
    try {
      if (timeoutMs > 0) {
        const signal = AbortSignal.timeout(timeoutMs + SHUTDOWN_MARGIN_MS);
        held.session ??= await AgentSession.connect(held.vm.portalSocket, { signal, firstBoot: false });
        await held.session.shutdown(timeoutMs, { signal });
      }
    } catch (error) {
      this.#host.log.warn('the guest did not shut down in time; its VM is switched off', { box: this.config.id, error: String(error) });
    }
    held.session?.close(new BoxliteError('Stopped', `Box ${this.config.id} was stopped`));
    await held.vm.powerOff();
  }

  /** The session with an adopted VM's agent, made at the first need of it. */
  async #session(held: Held): Promise<Machine> {
    const { vm } = held;
    if (held.session !== undefined) return { vm, session: held.session };
    const session = await AgentSession.connect(vm.portalSocket, { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS), firstBoot: false });
    held.session = session;
    this.#watchSession(held, session);
    return { vm, session };
  }

  async #boot(): Promise<Machine> {
    const begin = performance.now();
    const { id } = this.config;
    const abort = new AbortController();
    this.#starting = abort;
    try {
      await this.#keeper.step('start', { error: null, vm: null });
      this.#host.onProgress({ operation: 'start', subject: id, status: 'started' });
      const [image, accelerator] = await Promise.all([this.#image(abort.signal), this.#host.chooseAccelerator()]);
      this.#host.onProgress({ operation: 'start', subject: id, status: 'running', part: 'boot' });
      const machine = await bootMachine({
        config: this.config,
        layout: this.layout,
        image,
        accelerator,
        signal: abort.signal,
        onLaunched: (vm) => this.#keeper.change({ vm }),
      });
      this.#hold(machine);
      await this.#keeper.step('ready', { startedAt: new Date().toISOString(), stoppedAt: null });
      if (this.#held !== machine)
        throw new BoxliteError('Engine', this.state.error?.message ?? `the VM of Box ${id} ended`, { reason: 'vm-died' });
      const seconds = (performance.now() - begin) / 1_000;
      this.counters.lastStartSeconds = seconds;
      this.#host.meters.boxStarted(seconds);
      this.#host.log.info('started a Box', { box: id, seconds, accelerator, pid: machine.vm.record.pid });
      this.#host.onProgress({ operation: 'start', subject: id, status: 'done' });
      return machine;
    } catch (cause) {
      const error = BoxliteError.from(abort.signal.aborted ? abort.signal.reason : cause, 'Engine', `cannot start Box ${id}`);
      await this.#giveUp(error);
      throw error;
    } finally {
      this.#starting = undefined;
    }
  }

  /** After a start that failed at any step: no VM is left, and the Box is `failed`, on disk if that is possible. */
  async #giveUp(error: BoxliteError): Promise<void> {
    const { id } = this.config;
    const changes = { vm: null, error: { code: error.code, message: error.message }, stoppedAt: new Date().toISOString() };
    if (hasMachine(this.state.status)) {
      await this.#keeper.regardless(this.#keeper.step(this.state.status === 'starting' ? 'fail' : 'crash', changes));
    }
    if (this.#held !== undefined) {
      this.#held.session?.close(error);
      await this.#held.vm.kill();
      await this.#ended;
    }
    this.#host.meters.boxStartFailed();
    this.#host.onProgress({ operation: 'start', subject: id, status: 'failed' });
    this.#host.log.error('a Box did not start', { box: id, code: error.code, error: error.message });
  }

  /** The Box's image, ready to boot. Its digest is recorded first, so that nobody takes it for unused meanwhile. */
  async #image(signal: AbortSignal): Promise<PreparedImage> {
    const digest = await this.#host.resolveImage(this.config, this.state.imageDigest, signal);
    if (digest !== this.state.imageDigest) await this.#keeper.change({ imageDigest: digest });
    return this.#host.prepareImage(digest, signal);
  }

  /** Makes a VM the Box's own, and watches its end. */
  #hold(held: Held): void {
    this.#held = held;
    this.#host.meters.machineGained();
    if (held.session !== undefined) this.#watchSession(held, held.session);
    this.#ended = held.vm.exited
      .then((exit) => this.#onExit(held, exit))
      .catch((error: unknown) => {
        this.#host.log.error('the end of a Box could not be recorded', { box: this.config.id, error: String(error) });
      });
  }

  /** A guest whose agent is gone cannot be used any more, even while its VM runs. */
  #watchSession(held: Held, session: AgentSession): void {
    void session.closed.then(() => {
      if (this.#held !== held || this.state.status !== 'running') return;
      held.vm.kill().catch((error: unknown) => {
        this.#host.log.error('a VM whose agent is gone could not be ended', { box: this.config.id, error: String(error) });
      });
    });
  }

  async #onExit(held: Held, exit: VmExit): Promise<void> {
    if (this.#held !== held) return;
    this.#held = undefined;
    this.#host.meters.machineLost();
    const stoppedAt = new Date().toISOString();
    if (this.state.status === 'stopping') {
      await this.#keeper.regardless(this.#keeper.step('exit', { vm: null, stoppedAt }));
      return;
    }
    // A start that is given up has said already why.
    if (this.state.status !== 'running') return;
    const error = machineDied(this.config.id, 'by itself', exit);
    held.session?.close(error);
    this.#host.meters.boxCrashed();
    this.#host.log.error('a Box crashed', { box: this.config.id, error: error.message });
    await this.#keeper.regardless(this.#keeper.step('crash', { vm: null, stoppedAt, error: { code: error.code, message: error.message } }));
    // Not waited for: a removal waits for the Box's mutex, and who has that may wait for this.
    if (this.config.autoRemove) void this.#removeByItself();
  }

  async #removeByItself(): Promise<void> {
    try {
      await this.#host.removeStopped(this.config.id);
    } catch (error) {
      this.#host.log.error('a Box that crashed could not be removed', { box: this.config.id, error: String(error) });
    }
  }

  /** After a crash of the runtime: the status that the world shows, whatever the last one on disk was. */
  #settle(status: 'stopped' | 'failed', message: string | null): Promise<void> {
    return this.#keeper.regardless(
      this.#keeper.change({
        status,
        vm: null,
        stoppedAt: new Date().toISOString(),
        error: message === null ? null : { code: 'Engine', message },
      }),
    );
  }
}
