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
  /** Told of each signal. */
  onSignal: (signal: NodeJS.Signals | number | undefined) => void = () => undefined;
  #settle!: { resolve: (status: ExitStatus) => void; reject: (error: Error) => void };
  readonly #ended = new Promise<ExitStatus>((resolve, reject) => {
    this.#settle = { resolve, reject };
  });

  constructor() {
    this.#ended.catch(() => undefined);
  }

  wait(): Promise<ExitStatus> {
    return this.#ended;
  }

  kill(signal?: NodeJS.Signals | number): Promise<void> {
    this.signals.push(signal);
    this.onSignal(signal);
    return Promise.resolve();
  }

  /** Ends the command; its outputs end too, unless something it left behind holds them. */
  exit(status: Partial<ExitStatus> = { exitCode: 0 }, { outputsHeld = false } = {}): void {
    this.#settle.resolve({ exitCode: null, signal: null, timedOut: false, durationMs: 1, ...status });
    if (outputsHeld) return;
    this.stdout.end();
    this.stderr.end();
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
