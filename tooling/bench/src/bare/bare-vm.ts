import type { RestoreSteps } from '../restore-steps.js';
import type { BareMachine } from './bare-machine.js';
import { BareProcess, STATE_FD } from './bare-process.js';
import type { BareTemplate } from './bare-template.js';
import { LineChannel } from './line-channel.js';
import { Qmp } from './qmp.js';

const WRITE_CHUNK = Buffer.alloc(64 * 1024);

/** A running VM with the bare agent in it. */
export class BareVm implements AsyncDisposable {
  readonly pid: number;

  private constructor(
    private readonly process: BareProcess,
    private readonly channel: LineChannel,
    /** From the start of QEMU's process to the agent's first word, in milliseconds. */
    readonly readyMs: number,
  ) {
    this.pid = process.pid;
  }

  /** Boots one and waits for its READY. @throws Error with what QEMU said when it ends first. */
  static start(machine: BareMachine, signal?: AbortSignal): Promise<BareVm> {
    return BareVm.#enter(BareProcess.start(machine), (_, channel) => channel.line('READY'), signal);
  }

  /** Starts one from a template, with a disk of its own, and waits for its agent's answer. @throws Error as {@link start}. */
  static async restore(template: BareTemplate, signal?: AbortSignal): Promise<BareVm & { steps: RestoreSteps }> {
    let [upMs, restoredMs] = [0, 0];
    const restored = async (process: BareProcess, channel: LineChannel): Promise<void> => {
      const qmp = await Qmp.over(await process.control);
      upMs = performance.now() - process.begin;
      await qmp.restore(STATE_FD);
      restoredMs = performance.now() - process.begin;
      await qmp.execute('cont');
      await channel.line('echo', 'echo there?');
    };
    const vm = await BareVm.#enter(BareProcess.start(template.machine, template), restored, signal);
    return Object.assign(vm, { steps: { upMs, restoredMs, readyMs: vm.readyMs } });
  }

  static async #enter(
    starting: Promise<BareProcess>,
    ready: (process: BareProcess, channel: LineChannel) => Promise<unknown>,
    signal: AbortSignal | undefined,
  ): Promise<BareVm> {
    const process = await starting;
    try {
      return await process.whileAlive(async () => {
        const channel = new LineChannel(await process.agent);
        await ready(process, channel);
        return new BareVm(process, channel, performance.now() - process.begin);
      }, signal);
    } catch (error) {
      await process[Symbol.asyncDispose]();
      throw error;
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
    await this.process[Symbol.asyncDispose]();
  }
}
