/**
 * What a command that finds its home in use, and the one that has it, say to each other over a socket in the home.
 *
 * A frame is a byte for its kind, four for the length of its content (big endian), and the content: bytes of a stream, or JSON.
 */
import type { Duplex } from 'node:stream';

/** The command, to whoever has the home. */
export const ASK = {
  /** {@link Hello}: once, first. */
  hello: 1,
  /** Bytes of stdin, as an answer to `wantStdin`; none for its end. */
  stdin: 2,
  /** A signal's name. */
  signal: 3,
  /** The size of the terminal behind stdout or stderr: {@link Screen}. */
  resize: 4,
  /** An output cannot be written: {@link OutputFailure}. */
  outputFailed: 5,
} as const;

/** Whoever has the home, to the command. */
export const TELL = {
  stdout: 16,
  stderr: 17,
  /** One chunk of stdin may be sent. */
  wantStdin: 18,
  /** True: the terminal passes on keys as they are. */
  raw: 19,
  /** The exit code: the last frame. */
  exit: 20,
  /** It does not take commands of this version. */
  refused: 21,
  /** It runs the command from here on. */
  accepted: 22,
} as const;

export interface Screen {
  stream: 'stdout' | 'stderr';
  columns: number;
  rows: number;
}

export interface OutputFailure {
  stream: 'stdout' | 'stderr';
  code: string;
}

export interface Hello {
  version: string;
  pid: number;
  args: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  stdinKind: 'terminal' | 'stream' | 'nothing';
  /** Of those outputs that are terminals. */
  screens: readonly Screen[];
}

/** Of a hello, which has the environment in it; all else is smaller. */
const MAX_BYTES = 16 << 20;
export const MAX_CHUNK = 64 << 10;
const HEAD = 5;

export const frame = (kind: number, content: Buffer | string | object | number | boolean): Buffer => {
  const body = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
  const head = Buffer.alloc(HEAD);
  head.writeUInt8(kind, 0);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
};

/** Takes a stream apart into frames. One that is too long ends it. */
export class FrameReader {
  #rest: Buffer[] = [];
  #length = 0;

  constructor(
    private readonly socket: Duplex,
    private readonly onFrame: (kind: number, content: Buffer) => void,
  ) {
    socket.on('data', (chunk: Buffer) => {
      this.#rest.push(chunk);
      this.#length += chunk.length;
      this.#take();
    });
  }

  #take(): void {
    while (this.#length >= HEAD) {
      const size = this.#peek(HEAD).readUInt32BE(1);
      if (size > MAX_BYTES) {
        this.socket.destroy(new Error(`a message of ${String(size)} bytes`));
        return;
      }
      if (this.#length < HEAD + size) return;
      const whole = this.#peek(HEAD + size);
      this.#rest = whole.length === this.#length ? [] : [(this.#rest[0] as Buffer).subarray(HEAD + size)];
      this.#length -= HEAD + size;
      this.onFrame(whole.readUInt8(0), whole.subarray(HEAD, HEAD + size));
    }
  }

  /** The first so many bytes, which are there, in one piece. */
  #peek(bytes: number): Buffer {
    const [first = Buffer.alloc(0)] = this.#rest;
    if (first.length < bytes) this.#rest = [Buffer.concat(this.#rest)];
    const whole = this.#rest[0] as Buffer;
    return whole.length === this.#length && whole.length === bytes ? whole : whole.subarray(0, bytes);
  }
}
