import { type ExecRequest, type ExecResponse, type ExecStart, type ExecStarted, Stdio, type WindowSize } from '@boxlite/shared/protocol';
import type { ServerDuplexStream } from '@grpc/grpc-js';

type Message = NonNullable<ExecResponse['message']>;
type Output = 'stdout' | 'stderr';

const STDIO = { stdout: Stdio.STDIO_STDOUT, stderr: Stdio.STDIO_STDERR } as const;
const MAX_CHUNK = 64 * 1024;

/** For tests: the guest's side of one execution, honest as long as `send` is not used to lie. */
export class FakeExec {
  readonly start: ExecStart;
  readonly signals: number[] = [];
  readonly sizes: WindowSize[] = [];
  /** Bytes of each output that the host has allowed and that were not sent yet. */
  readonly credit: Record<Output, number>;
  cancelled = false;
  #stdin: Buffer[] = [];
  #stdinEnded = false;
  #changed: (() => void)[] = [];

  constructor(
    readonly call: ServerDuplexStream<ExecRequest, ExecResponse>,
    start: ExecStart,
  ) {
    this.start = start;
    this.credit = { stdout: start.outputCredit, stderr: start.outputCredit };
    call.on('data', ({ message }: ExecRequest) => {
      this.#take(message);
    });
    call.on('cancelled', () => {
      this.cancelled = true;
      this.#wake();
    });
    call.on('error', () => undefined);
  }

  get argv(): string[] {
    return this.start.argv.map((argument) => argument.toString());
  }

  send(message: Message | undefined): void {
    this.call.write({ message });
  }

  started(stdinCredit = 0, pid = 7, again: Partial<ExecStarted> = {}): void {
    const value = {
      pid,
      stdinCredit,
      tty: false,
      stdin: false,
      stdoutDropped: 0n,
      stderrDropped: 0n,
      stdoutKept: 0n,
      stderrKept: 0n,
      ...again,
    };
    this.send({ $case: 'started', value });
  }

  /** Sends output within the host's credit. */
  async print(output: Output, data: Buffer | string, chunkBytes = MAX_CHUNK): Promise<void> {
    const bytes = Buffer.from(data as string);
    for (let at = 0; at < bytes.length && !this.cancelled;) {
      if (this.credit[output] === 0) await this.change();
      const chunk = bytes.subarray(at, at + Math.min(this.credit[output], chunkBytes));
      if (chunk.length === 0) continue;
      this.credit[output] -= chunk.length;
      at += chunk.length;
      if (!this.call.write({ message: { $case: output, value: chunk } })) await this.#drained();
    }
  }

  /** The next bytes of stdin, paid for with fresh credit; undefined at its end. */
  async read(): Promise<Buffer | undefined> {
    while (this.#stdin.length === 0 && !this.#stdinEnded && !this.cancelled) await this.change();
    const chunk = this.#stdin.shift();
    if (chunk) this.send({ $case: 'credit', value: { stdio: Stdio.STDIO_STDIN, bytes: chunk.length } });
    return chunk;
  }

  close(output: Output | 'stdin'): void {
    this.send({ $case: 'closed', value: { stdio: output === 'stdin' ? Stdio.STDIO_STDIN : STDIO[output] } });
  }

  exited(exitCode: number | undefined, signal?: number, timedOut = false, oomKilled = false): void {
    this.send({ $case: 'exited', value: { exitCode, signal, timedOut, oomKilled, durationMicros: 1500n } });
  }

  /** All that the command itself wrote was sent. */
  flushed(output: Output): void {
    this.send({ $case: 'flushed', value: { stdio: STDIO[output] } });
  }

  /** The usual end. */
  finish(exitCode = 0): void {
    this.exited(exitCode);
    this.close('stdout');
    this.close('stderr');
    this.call.end();
  }

  /** Resolves at the next message of the host, or when it cancels. */
  change(): Promise<void> {
    return new Promise((resolve) => this.#changed.push(resolve));
  }

  #take(message: ExecRequest['message']): void {
    if (message?.$case === 'stdin') this.#stdin.push(message.value);
    if (message?.$case === 'stdinEnd') this.#stdinEnded = true;
    if (message?.$case === 'signal') this.signals.push(message.value.number);
    if (message?.$case === 'resize') this.sizes.push(message.value);
    if (message?.$case === 'credit') this.credit[message.value.stdio === Stdio.STDIO_STDOUT ? 'stdout' : 'stderr'] += message.value.bytes;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#changed;
    this.#changed = [];
    for (const wake of waiting) wake();
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.call.off('drain', done).off('close', done).off('cancelled', done);
        resolve();
      };
      this.call.on('drain', done).on('close', done).on('cancelled', done);
    });
  }
}
