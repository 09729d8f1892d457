/**
 * One command in a Box, from its start to its exit status: the host's side of `Execution.Exec` in execution.proto.
 *
 * An Execution owns its call, and nothing else owns it: it ends with `exited` and both outputs closed, or fails once, with the reason
 * of whoever ended it (the guest, the session, an AbortSignal). Everything that the guest says is checked against `phase.ts` and the
 * accounts of credit; the first lie ends the call with a `Portal` error.
 */
import type { Readable, Writable } from 'node:stream';

import { BoxliteError, type CallHandlers, plainText, PortalCall, type PortalChannel, throwIfAborted } from '@boxlite/shared';
import { type ExecExited, type ExecRequest, type ExecResponse, type ExecStart, Stdio } from '@boxlite/shared/protocol';

import { execStart, TIMEOUT_GRACE_MS } from './arguments.js';
import type { ExecOptions } from './exec-options.js';
import { type ExitStatus, readExitStatus } from './exit-status.js';
import { feedStdin } from './feed-stdin.js';
import { OutputStream } from './output-stream.js';
import { type GuestEvent, nextPhase, type Phase } from './phase.js';
import { signalNumber } from './signals.js';
import { StdinStream } from './stdin-stream.js';
import { Waiters } from './waiters.js';
import { EXEC } from './wire.js';

/** How much later than promised a guest may end a command whose time is up, before the host gives it up, in milliseconds. */
const TIMEOUT_SLACK_MS = 10_000;
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A command that runs, or ran, in a Box. */
export class Execution implements CallHandlers<ExecResponse> {
  /** Unique within the Box. */
  readonly id: string;
  /** What the command reads; ended from the start unless the option `stdin` was given. */
  readonly stdin: Writable;
  /** What the command prints, as Buffers. Read it, or destroy it: the command waits when 1 MiB is unread. */
  readonly stdout: Readable;
  /** As {@link stdout}, with an account of its own. */
  readonly stderr: Readable;
  readonly #stdin: StdinStream;
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;
  readonly #call: PortalCall<ExecRequest, ExecResponse>;
  #phase: Phase = 'starting';
  #pid = 0;
  #exit: ExitStatus | undefined;
  #failure: Error | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #exitWaiters = new Waiters<ExitStatus>();
  readonly #outputWaiters = new Waiters<ExitStatus>();

  private constructor(
    channel: PortalChannel,
    start: ExecStart,
    private readonly command: string,
    private readonly options: ExecOptions,
    private readonly onStarted: (execution: Execution) => void,
    private readonly onNotStarted: (error: Error) => void,
  ) {
    this.id = start.id;
    this.stdout = this.#stdout = new OutputStream((bytes) => {
      this.#send({ $case: 'credit', value: { stdio: Stdio.STDIO_STDOUT, bytes } });
    });
    this.stderr = this.#stderr = new OutputStream((bytes) => {
      this.#send({ $case: 'credit', value: { stdio: Stdio.STDIO_STDERR, bytes } });
    });
    this.stdin = this.#stdin = new StdinStream(
      start.stdin
        ? {
            data: (value, sent) => {
              this.#send({ $case: 'stdin', value }, sent);
            },
            end: () => {
              this.#send({ $case: 'stdinEnd', value: {} });
            },
          }
        : undefined,
    );
    this.#call = new PortalCall(channel, EXEC, `run '${plainText(command, 100)}'`, this, { signal: options.signal });
    this.#send({ $case: 'start', value: start });
    this.#call.read();
    this.#watchTimeout(Number(start.timeoutMs));
  }

  /**
   * Starts a command; resolves when it runs.
   *
   * @throws BoxliteError `Execution` when it cannot be started, with the reason: `command-not-found`, `command-not-executable`,
   *   `user-not-found`, `bad-working-dir`; `InvalidArgument` for what no command can be started with.
   * @throws AbortError when the signal fires before it runs.
   * @internal AgentSession.exec is the way to here.
   */
  static async start(channel: PortalChannel, command: string, args: readonly string[], options: ExecOptions): Promise<Execution> {
    throwIfAborted(options.signal);
    const start = execStart(command, args, options);
    return new Promise((resolve, reject) => new Execution(channel, start, command, options, resolve, reject));
  }

  /** As processes in the container see it. */
  get pid(): number {
    return this.#pid;
  }

  /**
   * Resolves when the command has ended, with how; its output may still wait to be read. Any number of callers may wait.
   *
   * @throws BoxliteError `Stopped` or `Portal` when the Box was stopped or lost; `Portal` when its agent lied.
   * @throws AbortError when the signal of the exec fired.
   */
  wait(): Promise<ExitStatus> {
    if (this.#exit) return Promise.resolve(this.#exit);
    return this.#failure ? Promise.reject(this.#failure) : this.#exitWaiters.wait();
  }

  /** As {@link wait}, and all that the command itself printed has come; what it left behind may go on printing. @internal */
  waitForOutput(): Promise<ExitStatus> {
    if (this.#exit && this.#outputComplete) return Promise.resolve(this.#exit);
    return this.#failure ? Promise.reject(this.#failure) : this.#outputWaiters.wait();
  }

  /**
   * Sends a signal to the command's process group; does nothing when that has ended.
   *
   * @throws BoxliteError `InvalidArgument` for what is no signal.
   * @defaultValue `SIGKILL`
   */
  kill(signal: NodeJS.Signals | number = 'SIGKILL'): Promise<void> {
    return new Promise((resolve) => {
      this.#send({ $case: 'signal', value: { number: signalNumber(signal) } });
      resolve();
    });
  }

  /** Not supported yet: there are no ttys. */
  resize(_size: { rows: number; columns: number }): Promise<void> {
    return Promise.reject(new BoxliteError('Unsupported', 'A tty for a command is not supported yet, so there is nothing to resize.'));
  }

  /** Gives the command up: it is killed, and everything here fails with `error`. @internal */
  cancel(error: Error): void {
    this.#call.cancel(error);
  }

  /** @internal */
  onMessage({ message }: ExecResponse): void {
    const lie = message ? this.#receive(message) : 'a message of an unknown kind';
    if (lie === undefined) this.#call.read();
    else this.#call.violated(lie);
  }

  /** @internal */
  onEnd(error: Error | undefined): void {
    clearTimeout(this.#timer);
    const failure = error ?? this.#endOfCall();
    if (!failure) return;
    if (this.#pid === 0) this.onNotStarted(failure);
    this.#failure = failure;
    this.#exitWaiters.reject(failure);
    this.#outputWaiters.reject(failure);
    if (!this.#stdout.finished) this.#stdout.destroy(failure);
    if (!this.#stderr.finished) this.#stderr.destroy(failure);
    if (!this.#exit) this.#stdin.stop(failure);
  }

  /** Takes a message; returns what is wrong with it. */
  #receive(message: NonNullable<ExecResponse['message']>): string | undefined {
    switch (message.$case) {
      case 'stdout':
        return this.#step('output') ?? this.#output(this.#stdout, message.value);
      case 'stderr':
        return this.#step('output') ?? this.#output(this.#stderr, message.value);
      case 'credit':
        return this.#step('credit') ?? this.#credit(message.value.stdio, message.value.bytes);
      case 'flushed':
        return this.#step('flushed') ?? this.#flushed(message.value.stdio);
      case 'closed':
        return this.#step('closed') ?? this.#closed(message.value.stdio);
      case 'started':
        return this.#step('started') ?? this.#started(message.value.pid, message.value.stdinCredit);
      case 'exited':
        return this.#step('exited') ?? this.#exited(message.value);
    }
  }

  #step(event: GuestEvent): string | undefined {
    const next = nextPhase(this.#phase, event);
    if (!next) return `'${event}' while the command was ${this.#phase}`;
    this.#phase = next;
    return undefined;
  }

  #started(pid: number, stdinCredit: number): string | undefined {
    if (pid === 0) return 'a process without a number';
    this.#pid = pid;
    this.#stdin.addCredit(stdinCredit);
    const { stdin } = this.options;
    if (stdin !== undefined && stdin !== 'pipe' && stdin !== 'closed') {
      feedStdin(this.#stdin, stdin, (cause) => {
        this.cancel(
          new BoxliteError('Execution', `The stdin of '${plainText(this.command, 100)}' broke off, so it was killed: ${cause.message}`, {
            reason: 'stdin-failed',
            cause,
          }),
        );
      });
    }
    this.onStarted(this);
    return undefined;
  }

  #output(stream: OutputStream, chunk: Buffer): string | undefined {
    return stream.receive(chunk) ? undefined : 'output without credit';
  }

  #credit(stdio: Stdio, bytes: number): string | undefined {
    if (stdio !== Stdio.STDIO_STDIN) return 'credit for what is not stdin';
    this.#stdin.addCredit(bytes);
    return undefined;
  }

  #closed(stdio: Stdio): string | undefined {
    if (stdio === Stdio.STDIO_STDIN) {
      this.#stdin.guestClosed();
      return undefined;
    }
    if (!this.#outputOf(stdio)?.finish()) return 'the end of an output that there was not, or not any more';
    this.#tellOfOutput();
    return undefined;
  }

  #flushed(stdio: Stdio): string | undefined {
    if (!this.#outputOf(stdio)?.flush()) return "the end of the command's own output twice, or after the end of all";
    this.#tellOfOutput();
    return undefined;
  }

  #outputOf(stdio: Stdio): OutputStream | undefined {
    return stdio === Stdio.STDIO_STDOUT ? this.#stdout : stdio === Stdio.STDIO_STDERR ? this.#stderr : undefined;
  }

  get #outputComplete(): boolean {
    return this.#stdout.complete && this.#stderr.complete;
  }

  #tellOfOutput(): void {
    if (this.#exit && this.#outputComplete) this.#outputWaiters.resolve(this.#exit);
  }

  #exited(exited: ExecExited): string | undefined {
    const status = readExitStatus(exited);
    if (!status) return 'an exit status that there is not';
    this.#exit = status;
    clearTimeout(this.#timer);
    this.#stdin.stop();
    this.#exitWaiters.resolve(status);
    this.#tellOfOutput();
    return undefined;
  }

  #endOfCall(): BoxliteError | undefined {
    const complete = this.#stdout.finished && this.#stderr.finished && this.#step('end') === undefined;
    return complete ? undefined : this.#call.violation('the end of the call before that of the command');
  }

  #send(message: NonNullable<ExecRequest['message']>, sent?: () => void): void {
    this.#call.send({ message }, sent);
  }

  /** A guest that does not end the command when its time is up is not waited for without end. */
  #watchTimeout(timeoutMs: number): void {
    const limit = timeoutMs + TIMEOUT_GRACE_MS + TIMEOUT_SLACK_MS;
    if (timeoutMs === 0 || limit > MAX_TIMER_MS) return;
    this.#timer = setTimeout(() => {
      this.cancel(
        new BoxliteError(
          'Portal',
          `'${plainText(this.command, 100)}' should have ended after ${timeoutMs} ms, but the guest did not end it.`,
          {
            reason: 'timeout-ignored',
          },
        ),
      );
    }, limit);
  }
}
