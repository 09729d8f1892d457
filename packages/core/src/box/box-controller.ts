import type { AgentSession, Execution, ExecOptions } from '@boxlite/agent';
import { BoxliteError, type BoxLayout } from '@boxlite/shared';
import { Mutex } from 'async-mutex';
import type { PreparedImage } from '../images/prepare/prepared-image.js';
import type { Machine, StartRequest } from '../machine/start-request.js';
import type { MachineShape } from '../machine/machine-shape.js';
import { BoxCounters } from '../metrics/box-counters.js';
import type { BoxConfig } from '../options/box-config.js';
import type { Ending } from '../options/restart-policy.js';
import type { SnapshotRecord } from '../snapshots/snapshot-record.js';
import { tellExecution } from '../events/tell-execution.js';
import { tellStep } from '../events/tell-step.js';
import type { BoxAction, EventAttributes } from '../events/runtime-event.js';
import { SnapshotStore } from '../snapshots/snapshot-store.js';
import { isNamed } from '../volumes/volume-options.js';
import type { BoxCapture } from './box-capture.js';
import { type BootParts, BoxBoot } from './boot-box.js';
import { captureBox } from './capture-box.js';
import { adoptBox } from './adopt-box.js';
import { BoxCare } from './box-care.js';
import type { BoxHost } from './box-host.js';
import { type BoxInfo, boxInfo } from './box-info.js';
import type { BoxState } from './box-state.js';
import { type BoxRequest, grant, hasMachine, isUp } from '../state/box-lifecycle.js';
import { endsItself } from './ended-by-itself.js';
import { shutDown, writeOut } from './held-machine.js';
import { MachineHolder } from './machine-holder.js';
import { letGo } from './let-go.js';
import { type AttachOptions, MAIN_ENDED_GRACE_MS, MainProcess } from './main-process.js';
import { pauseBox, resumeBox } from './pause-box.js';
import { Restarter } from './restarter.js';
import { shortenDisk } from './shorten-disk.js';
import { StateKeeper } from './state-keeper.js';

const NEVER = new AbortController().signal;

/** Of a Box that was stopped as its main process had ended: that may have been the first sign of the guest's own end, or its VM died then. */
const endingOf = ({ status, stopReason }: BoxState): Ending => {
  if (status === 'failed') return 'crashed';
  return stopReason === 'idle' || stopReason === 'unhealthy' ? stopReason : 'main-ended';
};

/**
 * The one owner of a Box's state and VM.
 *
 * Starts and stops are serialised by a mutex of the Box; executions are not, they run side by side.
 * Each step of {@link BoxState} is on disk before it is acted on, and a VM's process is recorded as soon as it exists.
 */
export class BoxController {
  readonly config: BoxConfig;
  readonly layout: BoxLayout;
  readonly counters = new BoxCounters();
  readonly snapshots: SnapshotStore;
  readonly #host: BoxHost;
  readonly #mutex = new Mutex();
  readonly #keeper: StateKeeper;
  readonly #machine: MachineHolder;
  readonly main: MainProcess;
  readonly #care: BoxCare;
  readonly #restarter: Restarter;
  readonly #boot: BoxBoot;
  readonly #parts: BootParts;
  /** Why nothing starts here any more: the runtime was closed, or the Box removed. */
  #closed: BoxliteError | undefined;
  #removed = false;

  constructor(host: BoxHost, layout: BoxLayout, config: BoxConfig, state: BoxState) {
    this.#host = host;
    this.layout = layout;
    this.config = config;
    this.#keeper = new StateKeeper(layout, host.log, state, (event, now) => {
      tellStep(host.events, config, event, now);
    });
    this.#machine = new MachineHolder(config, host, this.#keeper, (ending) => {
      this.#restarter.ended(ending);
    });
    this.main = new MainProcess({
      config,
      keeper: this.#keeper,
      log: host.log,
      layout,
      stop: () => this.#endWithMain(),
      tell: (action, attributes) => {
        this.#tellOfCommand(action, attributes);
      },
    });
    const tell = (action: BoxAction, attributes: EventAttributes): void => {
      this.tell(action, attributes);
    };
    const common = { config, keeper: this.#keeper, log: host.log, tell };
    this.#care = new BoxCare(common);
    this.#restarter = new Restarter({ ...common, restart: (restarts) => this.#restart(restarts) });
    this.#parts = { ...common, layout, host, machine: this.#machine, main: this.main, care: this.#care, counters: this.counters };
    this.#boot = new BoxBoot(this.#parts);
    this.snapshots = new SnapshotStore(layout.snapshots, host.checksums);
  }

  /** Tells those who listen to the runtime. */
  tell(action: BoxAction, attributes: EventAttributes = {}): void {
    this.#host.events.ofBox(this.config, action, attributes);
  }

  /** One that goes on without this runtime has not ended. */
  #tellOfCommand(action: BoxAction, attributes: EventAttributes): void {
    if (this.#closed === undefined || !this.config.detach) this.tell(action, attributes);
  }

  get state(): BoxState {
    return this.#keeper.state;
  }

  /** @throws BoxliteError `NotFound` once the Box was removed. */
  checkThere(): void {
    if (this.#removed && this.#closed !== undefined) throw this.#closed;
  }

  /** What is known of the Box. */
  async info(): Promise<BoxInfo> {
    const health = await this.#care.health();
    return boxInfo(this.config, this.state, health);
  }

  /** Resolves at the end of the VM that this runtime holds, when its state is settled; undefined when there is none. */
  get ended(): Promise<void> | undefined {
    return this.#machine.held === undefined ? undefined : this.#machine.ended;
  }

  /** True while the Box has a VM that this runtime holds. */
  get isRunning(): boolean {
    return this.#machine.held !== undefined && this.state.status === 'running';
  }

  /** What the Box's VM is like. */
  async shape(): Promise<MachineShape> {
    const { cpus, memoryMib } = this.config;
    return { cpus, memoryMib, accelerator: this.state.vm?.accelerator ?? (await this.#host.chooseAccelerator()) };
  }

  /** All layers that the Box and its snapshots are made of. */
  get layers(): string[] {
    return [this.state.disk ?? [], ...this.snapshots.all.map(({ disk }) => disk)].flatMap((disk) => disk.map(({ id }) => id));
  }

  /** @throws BoxliteError `NotFound`. */
  async removeSnapshot(name: string): Promise<void> {
    await this.#mutex.runExclusive(async () => {
      const record = this.snapshots.get(name);
      await this.snapshots.remove(record);
      await this.#host.releaseDisk(record.disk);
      this.tell('snapshot-removed', { snapshot: name });
    });
  }

  /** Takes over a detached VM from an earlier runtime, or ends what that one left behind. The agent is asked only when it is needed. */
  adopt(): Promise<void> {
    return adoptBox(this.#parts, this.#restarter);
  }

  /** Starts the Box again that an earlier runtime has left for that. */
  takeUpRestart(): void {
    if (this.state.restartPending && this.config.detach && !hasMachine(this.state.status)) this.#restarter.takeUp();
  }

  /**
   * Starts the Box when it does not run; concurrent callers share one start.
   * @param main False: for its files alone. A main process is not started then, nor by this where others have the Box run.
   */
  async start(main = true): Promise<Machine> {
    const isWhole = !main || !this.main.isLeftOut;
    if (isWhole && this.#machine.held?.session !== undefined && this.state.status === 'running') {
      const { vm, session } = this.#machine.held;
      return { vm, session };
    }
    return this.#mutex.runExclusive(async () => {
      if (this.#closed !== undefined) throw this.#closed;
      // Of a VM that is gone; an adopted one without a session yet lives on.
      if (this.#machine.held === undefined) await this.#machine.ended;
      this.#grant('start');
      if (this.#machine.held === undefined) {
        this.#restarter.arm();
        return this.#boot.run({ main });
      }
      const machine = await this.#machine.session(this.#machine.held);
      if (main && this.main.isLeftOut) await this.#beginLate(machine.session);
      return machine;
    });
  }

  /** Starts a Box that was never started from what another one was, running processes included. */
  async startFrom(from: NonNullable<StartRequest['from']>): Promise<void> {
    await this.#mutex.runExclusive(async () => {
      if (this.#closed !== undefined) throw this.#closed;
      await this.#boot.run({ from });
    });
  }

  /** Starts the Box again, unless that has been done, or is not wanted any more. */
  async #restart(restarts: number): Promise<void> {
    await this.#mutex.runExclusive(async () => {
      await this.#machine.ended;
      const { restartPending } = this.state;
      if (this.#closed === undefined && restartPending && this.#machine.held === undefined) await this.#boot.run({ restarts });
    });
  }

  /**
   * Puts the Box back to what it was: its disk, and with `from` its memory, in which case it runs. What it is now is lost.
   * @throws BoxliteError `NotFound` when the snapshot was removed meanwhile.
   */
  async goBack({ name, id, disk }: SnapshotRecord, from: StartRequest['from']): Promise<void> {
    await this.#mutex.runExclusive(async () => {
      if (this.#closed !== undefined) throw this.#closed;
      this.#grant('restore');
      if (this.snapshots.get(name).id !== id) throw new BoxliteError('NotFound', `the snapshot '${name}' was replaced meanwhile`);
      const top = await this.#host.disks.overlay(this.config.diskSizeMib);
      const old = this.state.disk;
      try {
        this.#restarter.cancel();
        await this.#machine.end(new BoxliteError('Stopped', `Box ${this.config.id} was put back to a snapshot`));
        await this.#keeper.change({ disk: [...disk, top] });
      } finally {
        await letGo(this.#host, [top]);
      }
      await this.#host.releaseDisk(old ?? []);
      this.#restarter.arm();
      if (from !== undefined) await this.#boot.run({ from });
      this.tell('snapshot-restored', { snapshot: name, memory: from !== undefined });
    });
  }

  /** Halts the guest; its memory stays. Idempotent. @throws BoxliteError `InvalidState` when it does not run. */
  async pause(): Promise<void> {
    await this.#mutex.runExclusive(async () => {
      this.#grant('pause');
      await pauseBox(this.#parts);
    });
  }

  /** Lets a paused guest go on. Idempotent. @throws BoxliteError `InvalidState` when it is not paused; as {@link resumeBox}. */
  async resume(): Promise<void> {
    await this.#mutex.runExclusive(async () => {
      if (this.state.status === 'running') return;
      this.#grant('resume');
      await resumeBox(this.#parts);
    });
  }

  /**
   * Takes what the Box is at this moment. A guest that runs stands still for some milliseconds; from then on the Box writes to a new layer
   * of its disk.
   * @param memory False: the disk only.
   * @throws BoxliteError `InvalidState` while it starts or stops, or, reason `started-cold`, when it was started without a template;
   *   `Unsupported` for the memory of a Box with volumes.
   */
  capture(memory = true): Promise<BoxCapture> {
    return this.#mutex.runExclusive(async () => {
      if (this.#closed !== undefined) throw this.#closed;
      this.#grant('capture');
      return captureBox(this.#parts, memory);
    });
  }

  async exec(command: string, args: readonly string[], options: ExecOptions): Promise<Execution> {
    const { session } = await this.start();
    const begin = performance.now();
    try {
      const execution = await session.exec(command, args, options).catch(async (error: unknown) => {
        if (!endsItself(error) || this.state.status === 'stopping') throw error;
        // It came when the guest had just found that nothing went on.
        await this.#machine.ended;
        return (await this.start()).session.exec(command, args, options);
      });
      this.counters.executions += 1;
      this.#host.meters.execStarted((performance.now() - begin) / 1_000);
      tellExecution(execution, command, (action, attributes) => {
        this.#tellOfCommand(action, attributes);
      });
      return execution;
    } catch (error) {
      this.counters.failedExecutions += 1;
      this.#host.meters.execFailed();
      throw error;
    }
  }

  /** The main process, started with the Box when that does not run. @throws BoxliteError `InvalidState` when it has none. */
  async attach(options: AttachOptions): Promise<Execution> {
    this.main.await(options);
    await this.start();
    return this.main.attended();
  }

  /** The session of a Box that runs. @throws BoxliteError `InvalidState`. */
  async session(): Promise<AgentSession> {
    this.#grant('query');
    return (await this.start()).session;
  }

  /** Stops the Box: gracefully for `timeoutMs`, then by force. A start under way is given up. One that dies meanwhile is `failed`. Idempotent. */
  async stop(timeoutMs: number, stopReason: 'asked' | 'main-ended' = 'asked'): Promise<void> {
    if (stopReason === 'asked') this.#restarter.cancel();
    this.#boot.giveUp(new BoxliteError('Stopped', `Box ${this.config.id} was stopped while it started`));
    await this.#mutex.runExclusive(async () => {
      this.#grant('stop');
      const held = this.#machine.held;
      if (held === undefined) return;
      // A stop that failed midway is taken up again.
      const wasPaused = this.state.status === 'paused';
      if (isUp(this.state.status)) await this.#keeper.regardless(this.#keeper.step('stop', { stopReason, error: null }));
      await shutDown(held, this.config.id, { timeoutMs: await this.main.stop(timeoutMs), paused: wasPaused }, this.#host.log);
      await this.#machine.ended;
      if (this.#closed === undefined) await shortenDisk(this.#host, this.#boot, this.config.id, this.state.disk);
    });
    if (stopReason === 'main-ended' && !hasMachine(this.state.status)) this.#restarter.ended(endingOf(this.state));
    if (this.config.autoRemove && this.state.status !== 'configured') await this.#host.removeStopped(this.config.id);
  }

  /**
   * Removes the Box for good by `removeFiles`; with `force` its VM is ended first, as a power cut does.
   * Nothing starts here afterwards. Idempotent.
   * @throws BoxliteError `InvalidState` when it runs and `force` is not set.
   */
  async remove(force: boolean, removeFiles: () => Promise<void>): Promise<void> {
    const request = force ? 'remove by force' : 'remove';
    const removed = new BoxliteError('NotFound', `Box ${this.config.id} was removed`);
    this.#grant(request);
    this.#restarter.cancel();
    this.#boot.giveUp(removed);
    await this.#mutex.runExclusive(async () => {
      if (this.#removed) return;
      // Started while this waited.
      this.#grant(request);
      await this.#writeVolumes();
      await this.#machine.end(removed);
      await this.#keeper.settled();
      await removeFiles();
      this.#removed = true;
      this.#closed = removed;
    });
  }

  /** For good: nothing starts any more. Attached VMs are stopped, detached ones let go. */
  async close(reason: BoxliteError, timeoutMs: number): Promise<void> {
    if (this.config.detach) {
      await this.main.settled();
      this.#restarter.leave();
      await this.#restarter.settled();
    }
    this.#closed = reason;
    if (!this.config.detach || this.main.isLeftOut) {
      await this.stop(timeoutMs);
      return;
    }
    this.#boot.giveUp(reason);
    await this.#mutex.runExclusive(() => this.#machine.letGo(reason));
  }

  /** @throws BoxliteError `InvalidState` for what cannot be asked of the Box as it is. */
  #grant(request: BoxRequest): void {
    grant(request, this.config.id, this.state.status);
  }

  /** The main process of a Box that runs for its files. */
  async #beginLate(session: AgentSession): Promise<void> {
    const { config } = await this.image(NEVER);
    await this.#keeper.change(this.main.beginning(config));
    await this.main.begin(session, config, false);
    await this.#care.begin(session, config, true);
  }

  /** Its main process has ended. Of a Box that goes as well, only what is on volumes is worth being written. */
  async #endWithMain(): Promise<void> {
    const { id, autoRemove, volumes } = this.config;
    if (!autoRemove || volumes.length > 0) {
      await this.stop(MAIN_ENDED_GRACE_MS, 'main-ended');
      return;
    }
    await this.#mutex.runExclusive(() =>
      this.#machine.end(new BoxliteError('Stopped', `the main process of Box ${id} has ended`), 'main-ended'),
    );
    await this.#host.removeStopped(id);
  }

  /** What is on named volumes outlives the Box, so a Box is not ended by force before that is written. */
  async #writeVolumes(): Promise<void> {
    const held = this.#machine.held;
    if (held !== undefined && isUp(this.state.status) && this.config.volumes.some((volume) => isNamed(volume) && !volume.readOnly))
      await writeOut(held, this.config.id, this.#host.log);
  }

  /** The Box's image, ready to boot. */
  image(signal: AbortSignal): Promise<PreparedImage> {
    return this.#boot.image(signal);
  }
}
