import type { Readable, Writable } from 'node:stream';
import { BoxliteError, type Execution, type ExitStatus } from '@boxlite/core';
import { SimpleBox } from '../simple/simple-box.js';
import type { SimpleBoxOptions } from '../simple/simple-box-options.js';
import { connect, sizeOf } from './terminal.js';

export interface InteractiveBoxOptions extends Omit<SimpleBoxOptions, 'tty'> {
  /** What runs in the terminal. @defaultValue `/bin/sh` */
  shell?: string;
  /**
   * Whether `input` and `output` are connected with the shell; false leaves that to the program, by {@link InteractiveBox.execution}.
   * @defaultValue whether `input` is a terminal
   */
  tty?: boolean;
  /** What is typed. @defaultValue `process.stdin` */
  input?: Readable;
  /** Where it is shown. @defaultValue `process.stdout` */
  output?: Writable;
}

/**
 * A Box with a shell in a terminal: `start` it, `wait` for the shell to end, `stop`. Where this program has a terminal, that is the shell's:
 * keys go to it as they are, and it has the same size. It is put back when the shell ends or the Box stops.
 */
export class InteractiveBox extends SimpleBox {
  readonly #shell: string;
  readonly #input: Readable;
  readonly #output: Writable;
  readonly #tty: boolean;
  #starting: Promise<Execution> | undefined;
  #execution: Execution | undefined;
  #disconnect: (() => void) | undefined;

  /** As SimpleBox. Nothing is made yet. */
  constructor(options: InteractiveBoxOptions = {}) {
    const { shell = '/bin/sh', tty, input = process.stdin, output = process.stdout, ...rest } = options;
    super(rest);
    this.#shell = shell;
    this.#input = input;
    this.#output = output;
    this.#tty = tty ?? (input as Partial<NodeJS.ReadStream>).isTTY === true;
  }

  /**
   * The shell: its `stdin` is typed, its `stdout` is what the terminal shows, `resize` changes its size.
   * @throws BoxliteError `InvalidState` before `start`.
   */
  get execution(): Execution {
    if (this.#execution === undefined) throw new BoxliteError('InvalidState', 'the shell does not run yet; call start');
    return this.#execution;
  }

  /** Boots the Box and starts the shell in it. Idempotent. What `LiteBox.exec` throws. */
  override async start(): Promise<void> {
    this.#starting ??= this.#startShell();
    try {
      await this.#starting;
    } catch (error) {
      this.#starting = undefined;
      throw error;
    }
  }

  async #startShell(): Promise<Execution> {
    const execution = await this.stream(this.#shell, [], { tty: sizeOf(this.#output) ?? true, stdin: 'pipe' });
    this.#execution = execution;
    if (this.#tty) {
      const disconnect = connect(execution, this.#input, this.#output);
      this.#disconnect = disconnect;
      execution.waitForOutput().then(disconnect, disconnect);
    }
    return execution;
  }

  /**
   * Waits for the shell to end, and all it has shown.
   * @throws BoxliteError `InvalidState` before `start`; `Stopped` when the Box is stopped before the shell could end.
   */
  async wait(): Promise<ExitStatus> {
    return this.#tty ? this.execution.waitForOutput() : this.execution.wait();
  }

  /** As SimpleBox; the terminal is put back. */
  override async stop(): Promise<void> {
    this.#disconnect?.();
    this.#starting = undefined;
    await super.stop();
  }
}
