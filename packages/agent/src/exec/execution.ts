/**
 * One command in a Box, from its start to its exit status: the host's side of `Execution.Exec` in execution.proto.
 *
 * An Execution owns its call, and nothing else owns it: it ends with `exited` and both outputs closed, or fails once, with the reason
 * of whoever ended it (the guest, the session, an AbortSignal). Everything that the guest says is checked against `phase.ts` and the
 * accounts of credit; the first lie ends the call with a `Portal` error.
 */
import type { Readable, Writable } from 'node:stream';

import { BoxliteError, plainText, PortalCall, type PortalChannel, throwIfAborted } from '@boxlite/shared';
import { type ExecExited, type ExecRequest, type ExecResponse, type ExecStarted, Stdio } from '@boxlite/shared/protocol';

import { execStart, OUTPUT_CREDIT, TIMEOUT_GRACE_MS } from './arguments.js';
import type { ExecOptions } from './exec-options.js';
import { type ExitStatus, readExitStatus } from './exit-status.js';
import { feedStdin } from './feed-stdin.js';
import { OutputStream } from './output-stream.js';
import { type GuestEvent, nextPhase, type Phase } from './phase.js';
import { signalNumber } from './signals.js';
import { StdinStream } from './stdin-stream.js';
import { windowSize } from './terminal-size.js';
import { Waiters } from './waiters.js';
import { EXEC } from './wire.js';

/** How much later than promised a guest may end a command whose time is up, before the host gives it up, in milliseconds. */
const TIMEOUT_SLACK_MS = 10_000;
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The first message of a call: a new command, or one that another program has left running. */
type Opening = Extract<NonNullable<ExecRequest['message']>, { $case: 'start' | 'attach' }>;

/** What of a start is not for everybody: a name that others know, and a life beyond the session. */
type Kept = { id?: string; keep?: boolean };

/** A command that runs, or ran, in a Box. */
export class Execution {
  /** Unique within the Box. */
  readonly id: string;
  /** What the command reads; ended from the start unless the option `stdin` was given. */
  readonly stdin: Writable;
  /** What the command prints, as Buffers. Read it, or destroy it: the command waits when 1 MiB is unread. */
  readonly stdout: Readable;
  /** As {@link stdout}, with an account of its own. With a terminal it is ended: all comes on stdout. */
  readonly stderr: Readable;
  readonly #stdin: StdinStream;
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;
  readonly #attached: boolean;
  /** Signals are for the process alone. */
  #alone = false;
  #hasTerminal: boolean;
  #missed = { stdout: 0, stderr: 0 };
  /** Bytes that were printed before this call and have not come yet. */
  #behind = 0;
  #leaving = false;
  readonly #caughtUp = new Waiters<undefined>();
  readonly #call: PortalCall<ExecRequest, ExecResponse>;
  #phase: Phase = 'starting';
  #pid = 0;
  #exit: ExitStatus | undefined;
  #failure: Error | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #onOver: (() => void)[] = [];
  readonly #exitWaiters = new Waiters<ExitStatus>();
  readonly #outputWaiters = new Waiters<ExitStatus>();

  private constructor(
    channel: PortalChannel,
    opening: Opening,
    private readonly command: string,
    private readonly options: ExecOptions,
    private readonly onStarted: (execution: Execution) => void,
    private readonly onNotStarted: (error: Error) => void,
  ) {
    this.id = opening.value.id;
    const start = opening.$case === 'start' ? opening.value : undefined;
    this.#attached = start === undefined;
    this.#hasTerminal = start?.tty !== undefined;
    this.stdout = this.#stdout = new OutputStream((bytes) => {
      this.#send({ $case: 'credit', value: { stdio: Stdio.STDIO_STDOUT, bytes } });
    });
    this.stderr = this.#stderr = new OutputStream((bytes) => {
      this.#send({ $case: 'credit', value: { stdio: Stdio.STDIO_STDERR, bytes } });
    });
    this.stdin = this.#stdin = new StdinStream(
      start?.stdin !== false
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
    this.#send(opening);
    this.#call.read();
    if (start) this.#watchTimeout(Number(start.timeoutMs));
  }

  /**
   * Starts a command; resolves when it runs.
   *
   * @throws BoxliteError `Execution` when it cannot be started, with the reason: `command-not-found`, `command-not-executable`,
   *   `user-not-found`, `bad-working-dir`; `InvalidArgument` for what no command can be started with.
   * @throws AbortError when the signal fires before it runs.
   * @internal AgentSession.exec is the way to here.
   */
  static async start(
    channel: PortalChannel,
    command: string,
    args: readonly string[],
    options: ExecOptions,
    kept: Kept = {},
  ): Promise<Execution> {
    throwIfAborted(options.signal);
    const value = { ...execStart(command, args, options), ...kept };
    return new Promise((resolve, reject) => new Execution(channel, { $case: 'start', value }, command, options, resolve, reject));
  }

  /**
   * Takes up an execution that an earlier session has left running.
   *
   * @throws BoxliteError `NotFound` when there is none of that id; `InvalidState` when its terminal hung up.
   * @internal AgentSession.execution is the way to here.
   */
  static async attach(channel: PortalChannel, id: string): Promise<Execution> {
    const value = { id, outputCredit: OUTPUT_CREDIT };
    return new Promise((resolve, reject) => new Execution(channel, { $case: 'attach', value }, id, {}, resolve, reject));
  }

  /**
   * Bytes of stdout and stderr that are missing before the first that can be read here: printed while no program was connected with the
   * command, and more than is kept. Zero for a command that was started here.
   */
  get missed(): Readonly<{ stdout: number; stderr: number }> {
    return this.#missed;
  }

  /** As processes in the container see it. */
  get pid(): number {
    return this.#pid;
  }

  /**
   * Resolves when the command has ended, with how; its output may still wait to be read. Any number of callers may wait.
   *
   * @throws BoxliteError `Stopped` when the Box was stopped; `Engine`, reason `vm-died`, with the VM's last words, when that has died; `Portal`
   *   when the connection was lost though the VM has not, or its agent lied.
   * @throws AbortError when the signal of the exec fired.
   */
  wait(): Promise<ExitStatus> {
    if (this.#exit) return Promise.resolve(this.#exit);
    return this.#failure ? Promise.reject(this.#failure) : this.#exitWaiters.wait();
  }

  /**
   * As {@link wait}, and all that the command itself printed has come, to be read from its streams; what it left behind may go on printing.
   * Waits for a reader where the command has printed more than 1 MiB that was not read.
   */
  waitForOutput(): Promise<ExitStatus> {
    if (this.#exit && this.#outputComplete) return Promise.resolve(this.#exit);
    return this.#failure ? Promise.reject(this.#failure) : this.#outputWaiters.wait();
  }

  /**
   * Sends a signal to the command's process group, or of a Box's main process to that alone; does nothing when it has ended.
   *
   * @param options `group`: to the group, as a terminal does, whatever the command is.
   * @throws BoxliteError `InvalidArgument` for what is no signal.
   * @defaultValue `SIGKILL`
   */
  kill(signal: NodeJS.Signals | number = 'SIGKILL', { group = !this.#alone }: { group?: boolean } = {}): Promise<void> {
    return new Promise((resolve) => {
      this.#send({ $case: 'signal', value: { number: signalNumber(signal), processOnly: !group } });
      resolve();
    });
  }

  /**
   * Gives the command's terminal another size; what is in the foreground gets SIGWINCH. Does nothing when the command has ended.
   *
   * @throws BoxliteError `InvalidState` when it has no terminal; `InvalidArgument` for what is no size, in characters from 1 to 65535.
   */
  resize(size: { rows: number; columns: number }): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#hasTerminal) {
        throw new BoxliteError(
          'InvalidState',
          `'${plainText(this.command, 100)}' has no terminal to resize; start it with the option tty.`,
        );
      }
      this.#send({ $case: 'resize', value: windowSize(size) });
      resolve();
    });
  }

  /** Shows each chunk of output to `watcher`, read or not. @internal */
  watch(watcher: (source: 'stdout' | 'stderr', chunk: Buffer) => void): void {
    this.#stdout.watch((chunk) => {
      watcher('stdout', chunk);
    });
    this.#stderr.watch((chunk) => {
      watcher('stderr', chunk);
    });
  }

  /** Resolves when all has come that the command had printed before it was taken up. @internal */
  async caughtUp(): Promise<void> {
    if (this.#behind > 0) await this.#caughtUp.wait();
  }

  /** Leaves the command to whoever takes it up next; resolves when all that it had sent has come. @internal */
  detach(): Promise<void> {
    return new Promise((resolve) => {
      this.#leaving = true;
      this.onceOver(resolve);
      this.#send({ $case: 'detach', value: {} });
    });
  }

  /** Has signals go to the process alone. @internal */
  signalAlone(): void {
    this.#alone = true;
  }

  /** Whether nobody reads the output, which then does not hold back the command. @internal */
  set unread(unread: boolean) {
    this.#stdout.unread = unread;
    this.#stderr.unread = unread;
  }

  /** Calls back when nothing more comes of it. @internal */
  onceOver(callback: () => void): void {
    if (this.#call.ended) callback();
    else this.#onOver.push(callback);
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
    for (const callback of this.#onOver) callback();
    const failure = error ?? this.#endOfCall();
    if (!failure) return;
    if (this.#pid === 0) this.onNotStarted(failure);
    this.#failure = failure;
    this.#exitWaiters.reject(failure);
    this.#outputWaiters.reject(failure);
    this.#caughtUp.reject(failure);
    this.#stdout.fail(failure);
    this.#stderr.fail(failure);
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
        return this.#step('started') ?? this.#started(message.value);
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

  #started({ pid, stdinCredit, tty, stdin: hasStdin, ...meanwhile }: ExecStarted): string | undefined {
    if (pid === 0) return 'a process without a number';
    this.#pid = pid;
    if (this.#attached) {
      this.#hasTerminal = tty;
      this.#missed = { stdout: Number(meanwhile.stdoutDropped), stderr: Number(meanwhile.stderrDropped) };
      this.#behind = Number(meanwhile.stdoutKept) + Number(meanwhile.stderrKept);
      if (!hasStdin) this.#stdin.stop();
    }
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
    if (!stream.receive(chunk)) return 'output without credit';
    if (this.#behind > 0 && (this.#behind -= chunk.length) <= 0) this.#caughtUp.resolve(undefined);
    return undefined;
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
    if (this.#leaving) return new BoxliteError('Stopped', `'${plainText(this.command, 100)}' was left to other programs.`);
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
