import { Writable } from 'node:stream';

/** A target that keeps what it is given; takes chunks one by one, when `slow`, only as `release` is called. */
export class Sink extends Writable {
  readonly chunks: Buffer[] = [];
  isTTY: boolean | undefined;
  columns: number | undefined;
  rows: number | undefined;
  failure: NodeJS.ErrnoException | undefined;
  #waiting: (() => void) | undefined;

  constructor(private readonly slow = false) {
    super({ highWaterMark: 1024 });
    this.on('error', () => undefined);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    const take = (): void => {
      if (this.failure === undefined) this.chunks.push(chunk);
      callback(this.failure);
    };
    if (this.slow) this.#waiting = take;
    else take();
  }

  /** Takes the chunk that waits. Returns false when none does. */
  release(): boolean {
    const take = this.#waiting;
    this.#waiting = undefined;
    take?.();
    return take !== undefined;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  get text(): string {
    return this.bytes.toString();
  }
}

export const errno = (code: string): NodeJS.ErrnoException => Object.assign(new Error(`write ${code}`), { code });
