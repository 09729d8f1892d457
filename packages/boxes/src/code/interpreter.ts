/**
 * The host's side of an interpreter in a Box: one command there, the keeper, which sees to it that there is an interpreter, and one run at a
 * time. What the keeper says is held to its form; who says something else is of no use any more, and is ended.
 */
import type { Execution, LiteBox } from '@boxlite/core';
import { BoxliteError } from '@boxlite/core';
import { ParseError } from '../errors.js';
import type { CodeError, CodeOptions, CodeResult, CodeValue } from './code-result.js';
import { encodeFrame, type Frame, FrameReader } from './frames.js';
import { keeperProgram, type Language } from './language.js';
import { readDisplay, readEnd, readFinish } from './messages.js';
import { RunOutput } from './run-output.js';

/** How long code may take to heed an interrupt, and then its interpreter to be killed by its keeper. */
const GRACE_MS = 2_000;
const KILL_MS = 10_000;
/** How much of what a keeper says on stderr its end is told with. */
const STDERR_TAIL = 2_000;

interface Run {
  readonly number: number;
  readonly output: RunOutput;
  finish(outcome: { value?: CodeValue | undefined; error?: CodeError | undefined; exited: boolean }): void;
  fail(error: Error): void;
}

export class Interpreter {
  readonly #execution: Execution;
  readonly #reader = new FrameReader();
  #run: Run | undefined;
  #count = 0;
  #restarted = false;
  #said = '';
  #failure: Error | undefined;

  private constructor(execution: Execution) {
    this.#execution = execution;
    execution.stdout.on('data', (chunk: Buffer) => this.#read(chunk));
    execution.stderr.on('data', (chunk: Buffer) => (this.#said = (this.#said + chunk.toString()).slice(-STDERR_TAIL)));
    const lost = (error: Error): void => this.#lose(error);
    for (const stream of [execution.stdin, execution.stdout, execution.stderr]) stream.on('error', lost);
    execution.waitForOutput().then(({ exitCode, signal }) => {
      const how = exitCode === null ? `was ended by ${String(signal)}` : `ended with exit code ${String(exitCode)}`;
      lost(new BoxliteError('Execution', `the interpreter's keeper ${how}${this.#said === '' ? '' : `: ${this.#said}`}`));
    }, lost);
  }

  /** Starts an interpreter. What `LiteBox.exec` throws: `Execution`, reason `command-not-found`, where the image has none. */
  static async start(box: LiteBox, language: Language): Promise<Interpreter> {
    const { command, args, source } = await keeperProgram(language);
    const execution = await box.exec(command, args, { stdin: 'pipe' });
    execution.stdin.write(source);
    return new Interpreter(execution);
  }

  /** Whether it can run nothing any more. */
  get isLost(): boolean {
    return this.#failure !== undefined;
  }

  /** Runs code; to be called when the run before is over. */
  async run(code: string, options: CodeOptions): Promise<CodeResult> {
    if (this.#failure) throw this.#failure;
    options.signal?.throwIfAborted();
    const number = ++this.#count;
    const output = new RunOutput(options);
    const begun = performance.now();
    let timedOut = false;
    const timers: NodeJS.Timeout[] = [];
    const later = (milliseconds: number, action: () => void): void => void timers.push(setTimeout(action, milliseconds));
    const interrupt = (): void => {
      this.#send('i', { run: number });
      later(GRACE_MS, () => {
        this.#send('k', { run: number });
        later(KILL_MS, () => {
          this.end(new ParseError('the interpreter did not end when it was killed'));
        });
      });
    };
    try {
      const { value, error, exited } = await new Promise<Parameters<Run['finish']>[0]>((finish, fail) => {
        this.#run = { number, output, finish, fail };
        this.#send('r', { run: number, code });
        options.signal?.addEventListener('abort', interrupt);
        if (options.timeoutSecs !== undefined) {
          later(options.timeoutSecs * 1000, () => {
            timedOut = true;
            interrupt();
          });
        }
      });
      options.signal?.throwIfAborted();
      const restarted = this.#restarted || exited;
      this.#restarted = false;
      return { ...output.end(), value, error, timedOut, restarted, durationMs: performance.now() - begun };
    } finally {
      this.#run = undefined;
      options.signal?.removeEventListener('abort', interrupt);
      for (const timer of timers) clearTimeout(timer);
    }
  }

  /** Interrupts what runs, as Ctrl-C does; does nothing when nothing does. */
  interrupt(): void {
    if (this.#run) this.#send('i', { run: this.#run.number });
  }

  /** Ends it; what runs fails with the reason. Idempotent. */
  end(reason: Error): void {
    this.#lose(reason);
    this.#execution.kill('SIGKILL').catch(() => undefined);
  }

  #send(kind: string, value: object): void {
    if (!this.#failure) this.#execution.stdin.write(encodeFrame(kind, value));
  }

  #lose(error: Error): void {
    this.#failure ??= error;
    this.#run?.fail(this.#failure);
  }

  #read(chunk: Buffer): void {
    if (this.#failure) return;
    try {
      for (const frame of this.#reader.push(chunk)) this.#take(frame);
    } catch (error) {
      this.end(error as Error);
    }
  }

  #take({ kind, body }: Frame): void {
    const run = this.#run;
    switch (kind) {
      case 'o':
        return run?.output.print('stdout', body);
      case 'e':
        return run?.output.print('stderr', body);
      case 'd':
        return run?.output.show(readDisplay(body));
      case 'f': {
        const { number, value, error } = readFinish(body);
        if (number === run?.number) run.finish({ value, error, exited: false });
        return;
      }
      case 'x': {
        const { number, error } = readEnd(body);
        if (number !== undefined && number === run?.number) run.finish({ error, exited: true });
        else this.#restarted = true;
        return;
      }
      default:
        throw new ParseError(`the interpreter's keeper sent a frame of a kind that there is not`);
    }
  }
}
