import type { Socket } from 'node:net';
import { ConnectionClosed } from './connection.js';

interface Message {
  return?: unknown;
  error?: { desc: string };
  event?: string;
  data?: Record<string, unknown>;
}

/** QEMU's control connection, with no more than the bare VM needs: one command at a time (QEMU Machine Protocol). */
export class Qmp {
  readonly #gone: Promise<never>;
  #rest = '';
  #onMessage: ((message: Message) => void) | undefined;

  private constructor(private readonly socket: Socket) {
    this.#gone = new Promise((_, reject) => {
      socket.on('error', reject);
      socket.on('close', () => reject(new ConnectionClosed('the bare VM closed its control connection')));
    });
    this.#gone.catch(() => undefined);
    socket.on('data', (chunk: Buffer) => this.#read(chunk.toString()));
  }

  /** The greeting comes by itself, and nothing that is asked for depends on it. */
  static async over(socket: Socket): Promise<Qmp> {
    const qmp = new Qmp(socket);
    await qmp.execute('qmp_capabilities');
    return qmp;
  }

  /** @throws Error with QEMU's own words. */
  execute(command: string, args: object = {}): Promise<void> {
    return this.#until(command, args, ({ return: answer }) => answer !== undefined);
  }

  /** Loads a saved state from a descriptor of QEMU's; the guest is paused then. */
  async restore(fd: number): Promise<void> {
    await this.execute('migrate-set-capabilities', { capabilities: [{ capability: 'events', state: true }] });
    await this.#until('migrate-incoming', { uri: `fd:${String(fd)}` }, ({ event, data }) => {
      if (event !== 'MIGRATION' || data?.['status'] !== 'failed') return event === 'MIGRATION' && data?.['status'] === 'completed';
      throw new Error('its saved state could not be loaded');
    });
  }

  close(): void {
    this.socket.destroy();
  }

  #until(command: string, args: object, complete: (message: Message) => boolean): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      this.#onMessage = (message) => {
        try {
          if (message.error !== undefined) throw new Error(message.error.desc);
          if (complete(message)) resolve();
        } catch (cause) {
          reject(new Error(`${command} of the bare VM failed`, { cause }));
        }
      };
      this.socket.write(JSON.stringify({ execute: command, arguments: args }) + '\n');
    });
    return Promise.race([done, this.#gone]);
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#onMessage?.(JSON.parse(line) as Message);
  }
}
