import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AGENT_SOCKET, bareArguments, type BareMachine, CONTROL_SOCKET, DISK } from './bare-machine.js';
import { ConnectionClosed, expectConnection } from './connection.js';

/** Sparse. */
const DISK_BYTES = 64 << 20;
/** QEMU's descriptor of the saved state that it waits for: the first after the three that each process has. */
export const STATE_FD = 3;

/** A saved bare VM. */
export interface SavedBare {
  memory: string;
  devices: string;
}

/** QEMU's process of a bare VM, in a directory of its own. */
export class BareProcess implements AsyncDisposable {
  readonly pid: number;
  readonly agent: Promise<Socket>;
  readonly control: Promise<Socket>;
  readonly #closed: Promise<unknown>;
  #words = '';

  private constructor(
    readonly directory: string,
    /** When the process was started, on the clock of `performance.now`. */
    readonly begin: number,
    private readonly child: ChildProcess,
    sockets: { agent: Promise<Socket>; control: Promise<Socket> },
  ) {
    this.pid = child.pid ?? 0;
    this.agent = sockets.agent;
    this.control = sockets.control;
    child.stderr?.on('data', (chunk: Buffer) => (this.#words += chunk.toString()));
    this.#closed = once(child, 'close');
    this.#closed.catch(() => undefined);
  }

  /** Starts QEMU. @param saved It waits for this state in place of booting. */
  static async start(machine: BareMachine, saved?: SavedBare): Promise<BareProcess> {
    const directory = await mkdtemp(join(tmpdir(), 'boxlite-bare-'));
    await writeFile(join(directory, DISK), 'bare');
    await truncate(join(directory, DISK), DISK_BYTES);
    const agent = await expectConnection(join(directory, AGENT_SOCKET));
    const control = await expectConnection(join(directory, CONTROL_SOCKET));
    void Promise.allSettled([agent.connected, control.connected]).then(() => [agent, control].forEach(({ close }) => close()));
    const memory = { file: saved?.memory ?? join(directory, 'memory'), shared: saved === undefined };
    const { program, programArgs, env } = machine.engine;
    await using state = saved === undefined ? undefined : await open(saved.devices);
    const begin = performance.now();
    const child = spawn(program, [...programArgs, ...bareArguments(machine, directory, memory, saved !== undefined)], {
      env,
      stdio: ['ignore', 'ignore', 'pipe', ...(state === undefined ? [] : [state.fd])],
    });
    return new BareProcess(directory, begin, child, { agent: agent.connected, control: control.connected });
  }

  /** Does something with QEMU. @throws what QEMU said when it ends first; the signal's reason. */
  async whileAlive<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const dead = this.#closed.then(() => {
      throw new Error(`the bare VM ended by itself: ${this.#words.trim()}`);
    });
    let giveUp: (() => void) | undefined;
    const aborted = new Promise<never>((_, reject) => {
      giveUp = () => reject(signal?.reason as Error);
      signal?.addEventListener('abort', giveUp, { once: true });
    });
    // When a socket closes first, so does QEMU, and that has something to say.
    const worked = work().catch((error: unknown) => {
      if (error instanceof ConnectionClosed) return dead;
      throw error;
    });
    for (const loser of [dead, aborted, worked]) loser.catch(() => undefined);
    try {
      return await Promise.race([worked, dead, aborted]);
    } finally {
      if (giveUp !== undefined) signal?.removeEventListener('abort', giveUp);
    }
  }

  /** Ends QEMU; what is in its directory stays. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }
}
