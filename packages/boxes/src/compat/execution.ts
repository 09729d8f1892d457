import type { Writable } from 'node:stream';
import type { Execution } from '@boxlite/core';
import { exitCodeOf } from '../simple/exec-result.js';
import { Output } from './output.js';

/** How a command has ended. */
export interface JsExecResult {
  /** 0 to 255; negative when a signal ended it: `-9` for SIGKILL. */
  exitCode: number;
  /** What ended it, when it did not end by itself. */
  errorMessage?: string;
  timedOut: boolean;
}

/** What a command reads. */
export class JsExecStdin {
  readonly #stream: Writable;

  constructor(stream: Writable) {
    this.#stream = stream;
    // Whoever writes is told by the write.
    stream.on('error', () => undefined);
  }

  /** Hands over bytes; waits while the command does not read. */
  write(data: Buffer | Uint8Array | string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(data, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  /** Text as UTF-8. */
  writeString(text: string): Promise<void> {
    return this.write(text);
  }

  /** The command reads an end of file. Idempotent. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stream.closed || this.#stream.writableFinished) resolve();
      else this.#stream.end(resolve);
    });
  }
}

/**
 * What a command prints, line by line, with the ends of the lines. What comes of a line that is not complete is not held back. Bytes that are
 * not UTF-8 are replaced.
 */
export class JsExecStdout implements AsyncIterable<string> {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  /** The next line; null at the end. */
  next(): Promise<string | null> {
    return this.#output.next();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<string> {
    for (let line = await this.next(); line !== null; line = await this.next()) yield line;
  }
}

/** As {@link JsExecStdout}. With a terminal there is nothing on it. */
export class JsExecStderr extends JsExecStdout {}

/** A command that runs, or ran, in a Box. */
export class JsExecution {
  readonly #inner: Execution;
  readonly #outputs: readonly [Output, Output];
  readonly #stdin: JsExecStdin;
  readonly #stdout: JsExecStdout;
  readonly #stderr: JsExecStderr;

  constructor(inner: Execution) {
    this.#inner = inner;
    this.#outputs = [new Output(inner.stdout), new Output(inner.stderr)];
    this.#stdin = new JsExecStdin(inner.stdin);
    this.#stdout = new JsExecStdout(this.#outputs[0]);
    this.#stderr = new JsExecStderr(this.#outputs[1]);
  }

  /** Unique in the Box. */
  id(): Promise<string> {
    return Promise.resolve(this.#inner.id);
  }

  /** What the command reads. It stays open until it is closed. */
  stdin(): Promise<JsExecStdin> {
    return Promise.resolve(this.#stdin);
  }

  /** What the command prints. It waits when a MiB is unread and nobody is in {@link wait}. */
  stdout(): Promise<JsExecStdout> {
    return Promise.resolve(this.#stdout);
  }

  /** As {@link stdout}. */
  stderr(): Promise<JsExecStderr> {
    return Promise.resolve(this.#stderr);
  }

  /**
   * Waits for the command to end; its output may still be read afterwards.
   * @throws BoxliteError `Stopped` or `Portal` when the Box was stopped or lost; `ResourceExhausted` when the command prints more than
   * 64 MiB that nobody reads.
   */
  async wait(): Promise<JsExecResult> {
    const over = new AbortController();
    const reading = this.#outputs.map((output) => output.readAhead(over.signal));
    const failed = new Promise<never>((_, reject) => {
      for (const each of reading) each.catch(reject);
    });
    try {
      const { signal, timedOut, ...status } = await Promise.race([this.#inner.wait(), failed]);
      const why = timedOut ? 'the command took longer than it may' : signal === null ? undefined : `the command was ended by ${signal}`;
      return { exitCode: exitCodeOf({ ...status, signal }), timedOut, ...(why !== undefined && { errorMessage: why }) };
    } finally {
      over.abort();
    }
  }

  /** Kills the command's process group; does nothing when it has ended. */
  async kill(): Promise<void> {
    await this.#inner.kill();
  }

  /** Sends a signal, by its number, to the command's process group. */
  async signal(signal: number): Promise<void> {
    await this.#inner.kill(signal);
  }

  /**
   * Gives the command's terminal another size.
   * @throws BoxliteError `InvalidState` when it has no terminal.
   */
  async resizeTty(rows: number, cols: number): Promise<void> {
    await this.#inner.resize({ rows, columns: cols });
  }
}
