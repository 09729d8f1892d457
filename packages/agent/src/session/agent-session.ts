/**
 * The host's typed session with the agent of one Box.
 *
 * Owns the portal's connection. It does not own the VM: whoever does closes the session when that ends, with the reason that all calls
 * then fail with. Any number of calls may run at the same time.
 */
import { BoxliteError, type CallOptions, PortalChannel, type ProbeOptions, unary } from '@boxlite/shared';
import { ContainerService, GuestService } from '@boxlite/shared/protocol';

import type { BoxHealth } from '../care/health.js';
import { HealthWatch } from '../care/health-watch.js';
import { type Care, setCare } from '../care/set-care.js';
import { ReceiveCopy } from '../copy/receive-copy.js';
import { type CopyReceipt, type SendCopy, sendCopy } from '../copy/send-copy.js';
import type { ExecOptions } from '../exec/exec-options.js';
import { Execution } from '../exec/execution.js';
import { type ExecutionInfo, listExecutions } from '../exec/execution-info.js';
import { AgentFiles } from '../files/agent-files.js';
import type { BoxFiles, BoxPath } from '../files/box-files.js';
import { pathBytes, showPath } from '../files/path.js';
import { configureContainer, type ContainerConfig } from './configure-container.js';
import { type ContainerSpec, createContainer } from './create-container.js';
import { type BoxProcess, containerProcesses } from './container-processes.js';
import { type GuestMetrics, guestMetrics } from './guest-metrics.js';
import { type AgentInfo, hello, unixNanos } from './hello.js';
import { mountVolumes, type VolumeMount } from './mount-volumes.js';

/** How long calls that the agent answers by itself may take, in milliseconds; an emulated guest on a busy host is slow. */
const CALL_TIMEOUT_MS = 30_000;
/** For a guest that writes out gigabytes. */
const SYNC_TIMEOUT_MS = 300_000;
/** How long a guest is waited for when it is left. */
const RELEASE_TIMEOUT_MS = 2_000;
const CREATE_TIMEOUT_MS = 120_000;
const MAX_GRACE_MS = 24 * 60 * 60 * 1000;

export interface ConnectOptions extends Pick<ProbeOptions, 'checkPeer'> {
  /** Gives up; without it `connect` waits for as long as the guest boots. */
  signal?: AbortSignal | undefined;
  /** The guest boots just now, so its agent answers when it can. @defaultValue false: it is asked again after a second */
  firstBoot?: boolean | undefined;
  /**
   * The VM was just restored from saved memory, which others may be restored from as well: it gets a machine-id and a boot id of its own.
   * @defaultValue false
   */
  newIdentity?: boolean | undefined;
  /** With it: the machine-id that it is to have, in 32 hexadecimal digits. @defaultValue null: one that nobody has seen */
  machineId?: string | null | undefined;
}

export class AgentSession implements AsyncDisposable {
  /** Resolves when the session has ended, for whatever reason, and that is known; never rejects. */
  readonly closed: Promise<void>;
  /** Single files in the container. */
  readonly files: BoxFiles;
  /** Those of this session that have not ended, by id; and those that are being taken up. */
  readonly #executions = new Map<string, Promise<Execution>>();

  private constructor(
    private readonly channel: PortalChannel,
    /** What the agent said when the session began. */
    readonly info: AgentInfo,
  ) {
    this.closed = channel.closed.then(() => undefined);
    this.files = new AgentFiles(channel);
  }

  /**
   * Begins a session with the agent behind the VM's portal socket.
   *
   * @throws BoxliteError `Portal` when no agent is there; `InvalidState` when it speaks another version of the protocol.
   * @throws AbortError when the signal fires.
   */
  static async connect(socketPath: string, options: ConnectOptions = {}): Promise<AgentSession> {
    const { signal, checkPeer, firstBoot = false, newIdentity = false, machineId = null } = options;
    const channel = await PortalChannel.open(socketPath, { signal, checkPeer, firstBoot, restored: newIdentity });
    try {
      return new AgentSession(channel, await hello(channel, { signal, newIdentity, machineId }));
    } catch (error) {
      channel.close();
      throw error;
    }
  }

  /** Why the session has ended; undefined while it lives, or nobody knows yet. */
  get closeReason(): BoxliteError | undefined {
    return this.channel.closeReason;
  }

  /**
   * Has `listener` called when the connection is lost. Until it resolves, all calls wait for {@link close} to say why they fail; when nobody does,
   * they fail with what it was called with.
   */
  onLost(listener: (lost: BoxliteError) => Promise<void>): void {
    this.channel.onLost = listener;
  }

  /** A round trip to the agent and back; returns what it was given. */
  async ping(payload: Buffer = Buffer.alloc(0), options: CallOptions = {}): Promise<Buffer> {
    const response = await unary(this.channel, GuestService.ping, { payload }, 'ping the guest agent', withTimeout(options));
    return response.payload;
  }

  /** What the guest uses of its resources now. */
  metrics(options: CallOptions = {}): Promise<GuestMetrics> {
    return guestMetrics(this.channel, withTimeout(options));
  }

  /** What runs in the container now. @throws BoxliteError `InvalidState` when there is none. */
  processes(options: CallOptions = {}): Promise<BoxProcess[]> {
    return containerProcesses(this.channel, withTimeout(options));
  }

  /**
   * Sets up the Box's container; before it there are no executions and no files.
   *
   * @throws BoxliteError `AlreadyExists` when it is there.
   */
  createContainer(spec: ContainerSpec, options: CallOptions = {}): Promise<{ setupMs: number }> {
    return createContainer(this.channel, spec, withTimeout(options, CREATE_TIMEOUT_MS));
  }

  /**
   * Gives a container that is set up another name, and other defaults for the executions that follow.
   *
   * @throws BoxliteError `InvalidState` when there is no container.
   */
  configureContainer(config: ContainerConfig, options: CallOptions = {}): Promise<void> {
    return configureContainer(this.channel, config, withTimeout(options));
  }

  /**
   * Mounts volumes in the container, in their order.
   *
   * @throws BoxliteError `InvalidArgument` when the place of one is of another kind; `Storage` when one cannot be mounted. Some may be then.
   */
  mountVolumes(volumes: readonly VolumeMount[], options: CallOptions = {}): Promise<void> {
    return mountVolumes(this.channel, volumes, withTimeout(options, CREATE_TIMEOUT_MS));
  }

  /**
   * Sets all that the agent does for the Box by itself, whether a host is there or not.
   *
   * @throws BoxliteError `InvalidState` when there is no container.
   */
  setCare(care: Care, options: CallOptions = {}): Promise<void> {
    return setCare(this.channel, care, withTimeout(options));
  }

  /** Tells of the Box's health now, and then of each change; of many in a short time the newest. Resolves when nothing more comes. */
  watchHealth(onHealth: (health: BoxHealth) => void): Promise<void> {
    return new Promise((resolve) => new HealthWatch(this.channel, onHealth, resolve));
  }

  /**
   * Ends the container and all its processes at once, and lets go of both disks; they can be exchanged then, and a container be created anew.
   *
   * @throws BoxliteError `InvalidState` when there is no container; `Storage` when the guest could not let go of a disk.
   */
  async removeContainer(options: CallOptions = {}): Promise<void> {
    await unary(this.channel, ContainerService.remove, {}, 'remove the container of the Box', withTimeout(options, CREATE_TIMEOUT_MS));
  }

  /**
   * Halts the container's processes: nothing of the user's runs until {@link thaw}, or in a VM that is restored from what was saved
   * meanwhile, until it is another machine. Executions that are asked for meanwhile start afterwards. Idempotent.
   * @returns For how long the first of them have stood still by then, in milliseconds.
   */
  async freeze(options: CallOptions = {}): Promise<{ haltedMs: number }> {
    const { haltedMicros } = await unary(this.channel, GuestService.freeze, {}, 'halt the container', withTimeout(options));
    return { haltedMs: Number(haltedMicros) / 1_000 };
  }

  /** Brings what the container's processes have written to the disk. */
  async sync(options: CallOptions = {}): Promise<void> {
    await unary(this.channel, GuestService.sync, {}, 'write the disk of the Box', withTimeout(options, SYNC_TIMEOUT_MS));
  }

  /** Lets the container go on, with the right time. Idempotent. */
  async thaw(options: CallOptions = {}): Promise<void> {
    await unary(this.channel, GuestService.thaw, { unixNanos: unixNanos() }, 'let the container go on', withTimeout(options));
  }

  /** Steps the guest's clock to the host's; it stood still while the VM was paused. */
  async setClock(options: CallOptions = {}): Promise<void> {
    await unary(this.channel, GuestService.setClock, { unixNanos: unixNanos() }, "set the guest's clock", withTimeout(options));
  }

  /** Starts a command in the container; see {@link Execution} and what it throws. */
  exec(command: string, args: readonly string[] = [], options: ExecOptions = {}): Promise<Execution> {
    const starting = Execution.start(this.channel, command, args, options);
    return starting.then((execution) => {
      this.#hold(execution.id, starting);
      return execution;
    });
  }

  /** As {@link exec}, of a command that others know by this id; its stdin and terminal outlive the session. */
  execKept(id: string, command: string, args: readonly string[], options: ExecOptions): Promise<Execution> {
    const starting = Execution.start(this.channel, command, args, options, { id, keep: true });
    this.#hold(id, starting);
    return starting;
  }

  /**
   * An execution by its id: one of this session, or one that an earlier session has left, with what it printed meanwhile as far as that
   * was kept (the last 256 KiB of each output).
   *
   * @throws BoxliteError `NotFound` when there is none, or it ended too long ago; `InvalidState` when its terminal hung up.
   */
  execution(id: string): Promise<Execution> {
    const held = this.#executions.get(id);
    if (held) return held;
    const attaching = Execution.attach(this.channel, id);
    this.#hold(id, attaching);
    return attaching;
  }

  /** The executions that the agent holds, oldest first. */
  executions(options: CallOptions = {}): Promise<ExecutionInfo[]> {
    return listExecutions(this.channel, withTimeout(options));
  }

  #hold(id: string, execution: Promise<Execution>): void {
    this.#executions.set(id, execution);
    const forget = (): void => {
      if (this.#executions.get(id) === execution) this.#executions.delete(id);
    };
    void execution.then((started) => started.onceOver(forget), forget);
  }

  /**
   * Copies a tree into the container; what `messages` holds, `TreeSource` reads.
   *
   * @throws BoxliteError what the guest answered; what `messages` threw.
   */
  copyIn(path: BoxPath, copy: Omit<SendCopy, 'path'>, options: CallOptions = {}): Promise<CopyReceipt> {
    return sendCopy(this.channel, { ...copy, path: pathBytes(path) }, `copy to ${showPath(path)} in the Box`, options);
  }

  /** Copies a tree out of the container, for `TreeSink` to write. It must be iterated, once. */
  copyOut(path: BoxPath, { follow, archive, ...options }: CallOptions & { follow: boolean; archive: boolean }): ReceiveCopy {
    return new ReceiveCopy(this.channel, { path: pathBytes(path), follow, archive }, `copy ${showPath(path)} out of the Box`, options);
  }

  /** Ends all processes, within `graceMs` by SIGTERM, and writes the disk; the VM can be switched off afterwards without loss. */
  async shutdown(graceMs: number, options: CallOptions = {}): Promise<void> {
    if (!(graceMs >= 0 && graceMs <= MAX_GRACE_MS)) {
      throw new BoxliteError('InvalidArgument', `graceMs is ${String(graceMs)}; give a number of milliseconds from 0 to ${MAX_GRACE_MS}.`);
    }
    await unary(
      this.channel,
      GuestService.shutdown,
      { graceMs: Math.round(graceMs) },
      'shut down the guest',
      withTimeout(options, graceMs + CALL_TIMEOUT_MS),
    );
  }

  /** Leaves the executions that run to the next session, with all that they have sent until now read. Then this one is to be closed. */
  async release(): Promise<void> {
    const timeout = AbortSignal.timeout(RELEASE_TIMEOUT_MS);
    const late = new Promise<void>((resolve) => {
      timeout.addEventListener('abort', () => {
        resolve();
      });
    });
    const all = [...this.#executions.values()].map(async (execution) => (await execution).detach());
    await Promise.race([Promise.allSettled(all), this.closed, late]);
  }

  /** Ends the session; calls and executions that run fail with `reason`. Only the first reason counts. */
  close(reason = new BoxliteError('Stopped', 'The session with the guest agent was closed.')): void {
    this.channel.close(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }
}

const withTimeout = (options: CallOptions, timeoutMs = CALL_TIMEOUT_MS): CallOptions => ({ timeoutMs, ...options });
