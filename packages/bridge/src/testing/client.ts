/** The client's side of the bridge, as bare as can be: tests say themselves what is sent, and see all that comes. */
import type { Duplex } from 'node:stream';
import { encodeFrame, FrameReader } from '../frame.js';
import { type BridgeFrame, type ClientFrame, PROTOCOL_VERSION } from '../protocol.js';

type Seen = BridgeFrame & { body: Buffer };

export class TestClient implements Disposable {
  readonly frames: Seen[] = [];
  readonly ended: Promise<void>;
  readonly #reader = new FrameReader();
  #lastCall = 0;
  #isOver = false;
  #waiting: (() => void)[] = [];

  constructor(readonly socket: Duplex) {
    this.ended = new Promise((resolve) => {
      socket.on('close', () => {
        this.#isOver = true;
        this.#wake();
        resolve();
      });
    });
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      for (const { head, body } of this.#reader.push(chunk)) this.frames.push({ ...(head as BridgeFrame), body });
      this.#wake();
    });
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  send(frame: ClientFrame, body: readonly Uint8Array[] = []): void {
    this.socket.write(encodeFrame(frame, body));
  }

  hello(): Promise<Seen> {
    this.send({ t: 'hello', protocol: PROTOCOL_VERSION, client: 'test', pid: process.pid });
    return this.next(({ t }) => t === 'hello' || t === 'refused');
  }

  /** Takes the first frame that fits, now or when it comes. */
  async next(fits: (frame: Seen) => boolean): Promise<Seen> {
    for (;;) {
      const at = this.frames.findIndex(fits);
      if (at >= 0) return this.frames.splice(at, 1)[0] as Seen;
      if (this.#isOver) throw new Error(`the bridge has closed; unread: ${JSON.stringify(this.frames)}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  start(m: string, a: unknown[] = [], on: { h?: number; via?: string } = {}, body: readonly Uint8Array[] = []): number {
    const id = (this.#lastCall += 1);
    this.send({ t: 'call', id, m, a, ...on }, body);
    return id;
  }

  answer(id: number): Promise<Seen> {
    return this.next((frame) => (frame.t === 'result' || frame.t === 'error') && frame.id === id);
  }

  /** @throws what the bridge answered with, as plain data. */
  async call(m: string, a: unknown[] = [], on: { h?: number; via?: string } = {}): Promise<unknown> {
    const answer = await this.answer(this.start(m, a, on));
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- it is data here, as it came
    if (answer.t === 'error') throw answer.e;
    return answer.t === 'result' ? answer.v : undefined;
  }

  /** Reads a stream of bytes to its end. */
  async bytes(s: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for (;;) {
      const frame = await this.next((each) => 's' in each && each.s === s);
      if (frame.t === 'data') {
        chunks.push(frame.body);
        this.send({ t: 'credit', s, n: frame.body.length });
      } else if (frame.t === 'end') return Buffer.concat(chunks);
      else throw new Error(JSON.stringify(frame));
    }
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
