import { PassThrough } from 'node:stream';
import type { Execution, ExitStatus } from '@boxlite/core';

/** A command that does as it is told. */
export class FakeExecution {
  readonly id = 'exec';
  readonly pid = 2;
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly signals: (NodeJS.Signals | number | undefined)[] = [];
  readonly sizes: { rows: number; columns: number }[] = [];
  /** Told of each signal. */
  onSignal: (signal: NodeJS.Signals | number | undefined) => void = () => undefined;
  #settle!: { resolve: (status: ExitStatus) => void; reject: (error: Error) => void };
  readonly #ended = new Promise<ExitStatus>((resolve, reject) => {
    this.#settle = { resolve, reject };
  });
  #flush!: () => void;
  readonly #flushed = new Promise<void>((resolve) => {
    this.#flush = resolve;
  });

  constructor() {
    this.#ended.catch(() => undefined);
  }

  wait(): Promise<ExitStatus> {
    return this.#ended;
  }

  async waitForOutput(): Promise<ExitStatus> {
    const status = await this.#ended;
    await this.#flushed;
    return status;
  }

  kill(signal?: NodeJS.Signals | number): Promise<void> {
    this.signals.push(signal);
    this.onSignal(signal);
    return Promise.resolve();
  }

  resize(size: { rows: number; columns: number }): Promise<void> {
    this.sizes.push(size);
    return Promise.resolve();
  }

  /** Ends the command; its outputs end too, unless something it left behind holds them, or a part of them is still to come. */
  exit(status: Partial<ExitStatus> = { exitCode: 0 }, { outputsHeld = false, late = false } = {}): void {
    this.#settle.resolve({ exitCode: null, signal: null, timedOut: false, oomKilled: false, durationMs: 1, ...status });
    if (!late) this.#flush();
    if (outputsHeld || late) return;
    this.stdout.end();
    this.stderr.end();
  }

  /** The last that a command has printed which ended before. */
  arrive(bytes: Buffer): void {
    this.stdout.end(bytes);
    this.stderr.end();
    this.#flush();
  }

  fail(error: Error): void {
    this.#settle.reject(error);
    this.stdout.on('error', () => undefined).destroy(error);
    this.stderr.on('error', () => undefined).destroy(error);
  }

  /** As core's. */
  get execution(): Execution {
    return this as unknown as Execution;
  }
}
