import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineInfo } from '@boxlite/shim';
import { LineChannel } from './line-channel.js';

/** The machine of the first prototype, whose times the aims of this project come from; what may differ is named here. */
export interface BareMachine {
  engine: EngineInfo;
  /** QEMU's own words, such as `tcg,thread=multi,tb-size=128`: those of the Box it is compared with. */
  accelerator: string;
  cpu: string;
  kernel: string;
  initramfs: string;
  kernelArguments: string;
}

/** Of the prototype, and so of every bare VM unless a measure says otherwise. */
export const PROTOTYPE_KERNEL_ARGUMENTS = 'quiet loglevel=1 panic=-1 reboot=t tsc=reliable no_timer_check';
const MEMORY_MIB = 256;
const DISK_BYTES = 1 << 20;
const WRITE_CHUNK = Buffer.alloc(64 * 1024);

const engineArguments = (machine: BareMachine, directory: string): string[] => [
  ...['-M', 'q35,memory-backend=ram', '-accel', machine.accelerator, '-cpu', machine.cpu, '-m', String(MEMORY_MIB), '-bios', 'qboot.rom'],
  ...['-object', `memory-backend-file,id=ram,size=${String(MEMORY_MIB)}M,mem-path=${directory}/ram,share=on`],
  ...['-kernel', machine.kernel, '-initrd', machine.initramfs, '-append', machine.kernelArguments],
  ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
  ...['-device', 'virtio-serial-pci', '-chardev', `socket,id=agent,path=${directory}/agent.sock`],
  ...['-device', 'virtserialport,chardev=agent,name=agent'],
  ...['-drive', `if=none,id=disk0,file=${directory}/disk,format=raw`, '-device', 'virtio-blk-pci,drive=disk0'],
];

/** Listens where QEMU will connect: so the first connection is an event, and nothing has to be tried again. */
const listen = async (path: string): Promise<{ connected: Promise<Socket>; close: () => void }> => {
  const server = createServer();
  const connected = once(server, 'connection').then(([socket]) => socket as Socket);
  connected.catch(() => undefined);
  server.listen(path);
  await once(server, 'listening');
  return { connected, close: () => server.close() };
};

/** A running VM with the bare agent in it. */
export class BareVm implements AsyncDisposable {
  readonly pid: number;

  private constructor(
    private readonly child: ChildProcess,
    private readonly directory: string,
    private readonly channel: LineChannel,
    /** From the start of QEMU's process to the agent's READY, in milliseconds. */
    readonly readyMs: number,
  ) {
    this.pid = child.pid ?? 0;
  }

  /** Starts QEMU and waits for the agent. @throws Error with what QEMU said when it ends first. */
  static async start(machine: BareMachine, signal?: AbortSignal): Promise<BareVm> {
    const directory = await mkdtemp(join(tmpdir(), 'boxlite-bare-'));
    await writeFile(join(directory, 'disk'), 'bare');
    await truncate(join(directory, 'disk'), DISK_BYTES);
    const server = await listen(join(directory, 'agent.sock'));
    const { engine } = machine;
    const begin = performance.now();
    const child = spawn(engine.program, [...engine.programArgs, ...engineArguments(machine, directory)], {
      env: engine.env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let words = '';
    child.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()));
    const closed = once(child, 'close');
    const dead = async (): Promise<never> => {
      await closed;
      throw new Error(`the bare VM ended before its agent was ready: ${words.trim()}`);
    };
    const aborted = new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    try {
      const ready = server.connected.then(async (socket) => {
        const channel = new LineChannel(socket);
        // When the port closes first, so does QEMU, and that has something to say.
        await channel.line('READY').catch(dead);
        return new BareVm(child, directory, channel, performance.now() - begin);
      });
      return await Promise.race([ready, dead(), aborted]);
    } catch (error) {
      child.kill('SIGKILL');
      await rm(directory, { recursive: true, force: true });
      throw error;
    } finally {
      server.close();
    }
  }

  /** One round trip. */
  async echo(text: string): Promise<void> {
    await this.channel.line('echo', `echo ${text}`);
  }

  /** Runs a program of busybox and returns what it printed. @throws Error when it does not exit with 0. */
  async exec(program: string, ...args: string[]): Promise<string> {
    const answer = await this.channel.line('exit ', ['exec', program, ...args].join(' '));
    if (!answer.endsWith('exit 0\n')) throw new Error(`${program} in the bare VM: ${answer}`);
    return answer.slice(0, -'exit 0\n'.length);
  }

  /** Takes bytes that the bare agent writes itself. */
  send(bytes: number): Promise<void> {
    return this.channel.bytes(bytes, `send ${String(bytes)}`);
  }

  /** Takes the bytes that a program of busybox writes; its stdout is the port itself. */
  pour(bytes: number, program: string, ...args: string[]): Promise<void> {
    return this.channel.bytes(bytes, ['pour', program, ...args].join(' '));
  }

  /** Gives bytes to the bare agent, until it has them all. */
  async receive(bytes: number): Promise<void> {
    const received = this.channel.line('received', `receive ${String(bytes)}`);
    received.catch(() => undefined);
    await this.channel.write(bytes, WRITE_CHUNK);
    await received;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.channel.close();
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const closed = once(this.child, 'close');
      this.child.kill('SIGKILL');
      await closed;
    }
    await rm(this.directory, { recursive: true, force: true });
  }
}
