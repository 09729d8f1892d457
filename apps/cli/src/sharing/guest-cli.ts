import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { Readable, Writable } from 'node:stream';
import type { Cli } from '../cli.js';
import { exitCodeOfSignal } from '../errors/exit-code.js';
import { ASK, frame, type Hello, MAX_CHUNK, type OutputFailure, type Screen, TELL } from './frames.js';

const SIGNALS: ReadonlySet<string> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']);

/** One of the outputs of a command that runs here for another process. */
class RemoteOutput extends Writable {
  isTTY: boolean | undefined;
  columns: number | undefined;
  rows: number | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly kind: number,
  ) {
    super({ highWaterMark: MAX_CHUNK });
    // Whoever writes sees it.
    this.on('error', () => undefined);
  }

  override _write(chunk: Buffer, _: BufferEncoding, callback: (error?: Error | null) => void): void {
    let rest = chunk;
    for (; rest.length > MAX_CHUNK; rest = rest.subarray(MAX_CHUNK)) this.socket.write(frame(this.kind, rest.subarray(0, MAX_CHUNK)));
    this.socket.write(frame(this.kind, rest), callback);
  }

  show({ columns, rows }: Screen): void {
    Object.assign(this, { isTTY: true, columns, rows });
    this.emit('resize');
  }

  fail(code: string): void {
    this.destroy(Object.assign(new Error(code), { code }));
  }
}

/** Where a command stands that runs here for another process: its streams, terminal, environment and signals are over there. */
export class GuestCli implements Omit<Cli, 'loadCore'> {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly stdinKind: Cli['stdinKind'];
  readonly stdout: RemoteOutput;
  readonly stderr: RemoteOutput;
  readonly signals = new EventEmitter();
  readonly #lost = new AbortController();
  #stdin: Readable | undefined;

  constructor(
    private readonly socket: Socket,
    { env, cwd, stdinKind, screens }: Hello,
  ) {
    this.env = env;
    this.cwd = cwd;
    this.stdinKind = stdinKind;
    this.stdout = new RemoteOutput(socket, TELL.stdout);
    this.stderr = new RemoteOutput(socket, TELL.stderr);
    for (const screen of screens) this[screen.stream].show(screen);
  }

  /** Takes what the other side says; whatever is not known is passed over. */
  receive(kind: number, content: Buffer): void {
    if (kind === ASK.stdin) {
      this.stdin().push(content.length === 0 ? null : content);
      return;
    }
    const value: unknown = JSON.parse(content.toString('utf8'));
    if (kind === ASK.signal && typeof value === 'string' && SIGNALS.has(value)) this.signals.emit(value, value);
    else if (kind === ASK.resize) this[(value as Screen).stream === 'stderr' ? 'stderr' : 'stdout'].show(value as Screen);
    else if (kind === ASK.outputFailed)
      this[(value as OutputFailure).stream === 'stderr' ? 'stderr' : 'stdout'].fail((value as OutputFailure).code);
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** The other side is gone: nothing waits for it any more. */
  lose(): void {
    this.#lost.abort();
    this.stdout.fail('EPIPE');
    this.stderr.fail('EPIPE');
    this.#stdin?.destroy();
  }

  stdin(): Readable {
    this.#stdin ??= new Readable({
      highWaterMark: MAX_CHUNK,
      read: () => {
        this.socket.write(frame(TELL.wantStdin, true));
      },
    });
    return this.#stdin;
  }

  setRawTerminal(raw: boolean): void {
    this.socket.write(frame(TELL.raw, raw));
  }

  readonly exitAtOnce = (signal: NodeJS.Signals): void => {
    this.socket.end(frame(TELL.exit, exitCodeOfSignal(signal)));
  };

  now(): number {
    return Date.now();
  }
}
