import { once } from 'node:events';
import type { Socket } from 'node:net';
import { ConnectionClosed } from './connection.js';

/**
 * The host's end of the bare agent's port: one request at a time, and what comes back.
 * Nothing between the socket's events and the caller, for this is what the agent's gRPC is measured against.
 */
export class LineChannel {
  #onData: ((chunk: Buffer) => void) | undefined;
  #fail: ((error: Error) => void) | undefined;

  constructor(private readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => this.#onData?.(chunk));
    socket.on('error', (error) => this.#fail?.(error));
    socket.on('close', () => this.#fail?.(new ConnectionClosed('the bare VM closed its port')));
  }

  /** Waits for a text whose last line starts with `start`. */
  async line(start: string, request?: string): Promise<string> {
    const ending = new RegExp(`(^|\\n)${start}[^\\n]*\\n$`);
    let text = '';
    await this.#until((chunk) => {
      text += chunk.toString('latin1');
      return ending.test(text);
    }, request);
    return text;
  }

  /** Waits for a number of bytes. */
  async bytes(count: number, request: string): Promise<void> {
    let left = count;
    await this.#until((chunk) => {
      left -= chunk.length;
      return left <= 0;
    }, request);
    if (left < 0) throw new Error(`${request} was answered by ${String(-left)} bytes too many`);
  }

  /** Writes the chunk until `count` bytes are written, as fast as the guest takes them. */
  async write(count: number, chunk: Buffer): Promise<void> {
    for (let left = count; left > 0; left -= chunk.length) {
      if (!this.socket.write(left < chunk.length ? chunk.subarray(0, left) : chunk)) await once(this.socket, 'drain');
    }
  }

  close(): void {
    this.#fail = undefined;
    this.socket.destroy();
  }

  #until(complete: (chunk: Buffer) => boolean, request?: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#onData = (chunk) => {
        if (!complete(chunk)) return;
        this.#onData = this.#fail = undefined;
        resolve();
      };
      if (request !== undefined) this.socket.write(`${request}\n`);
    });
  }
}
