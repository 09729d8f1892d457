/**
 * The host's typed session with the agent of one Box.
 *
 * Owns the portal's connection. It does not own the VM: whoever does closes the session when that ends, with the reason that all calls
 * then fail with. Any number of calls may run at the same time.
 */
import { BoxliteError, type CallOptions, PortalChannel, unary } from '@boxlite/shared';
import { GuestService } from '@boxlite/shared/protocol';

import type { ExecOptions } from '../exec/exec-options.js';
import { Execution } from '../exec/execution.js';
import { AgentFiles } from '../files/agent-files.js';
import type { BoxFiles } from '../files/box-files.js';
import { type ContainerSpec, createContainer } from './create-container.js';
import { type GuestMetrics, guestMetrics } from './guest-metrics.js';
import { type AgentInfo, hello } from './hello.js';

/** How long calls that the agent answers by itself may take, in milliseconds; an emulated guest on a busy host is slow. */
const CALL_TIMEOUT_MS = 30_000;
const CREATE_TIMEOUT_MS = 120_000;
const MAX_GRACE_MS = 24 * 60 * 60 * 1000;

export interface ConnectOptions {
  /** Gives up; without it `connect` waits for as long as the guest boots. */
  signal?: AbortSignal | undefined;
  /** The guest boots just now, so its agent answers when it can. @defaultValue false: it is asked again after a second */
  firstBoot?: boolean | undefined;
}

export class AgentSession implements AsyncDisposable {
  /** Resolves when the session has ended, for whatever reason; never rejects. */
  readonly closed: Promise<void>;
  /** Single files in the container. */
  readonly files: BoxFiles;

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
    const channel = await PortalChannel.open(socketPath, { signal: options.signal, firstBoot: options.firstBoot ?? false });
    try {
      return new AgentSession(channel, await hello(channel, options.signal));
    } catch (error) {
      channel.close();
      throw error;
    }
  }

  /** Why the session has ended; undefined while it lives. */
  get closeReason(): BoxliteError | undefined {
    return this.channel.closeReason;
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

  /**
   * Sets up the Box's container; before it there are no executions and no files.
   *
   * @throws BoxliteError `AlreadyExists` when it is there.
   */
  createContainer(spec: ContainerSpec, options: CallOptions = {}): Promise<{ setupMs: number }> {
    return createContainer(this.channel, spec, withTimeout(options, CREATE_TIMEOUT_MS));
  }

  /** Starts a command in the container; see {@link Execution} and what it throws. */
  exec(command: string, args: readonly string[] = [], options: ExecOptions = {}): Promise<Execution> {
    return Execution.start(this.channel, command, args, options);
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
