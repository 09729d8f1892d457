import type { Readable, Writable } from 'node:stream';
import type { BoxliteRuntime, ReadEventsOptions, RuntimeEvent, RuntimeOptions } from '@boxlite/core';
import type { SignalSource } from './signals/interrupts.js';

/** Text or bytes out, to a terminal or not. */
export type Output = Writable & {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
};

/** What the command line uses of core beside the runtime's methods. */
export interface Core {
  readonly EMBEDDED_IMAGE: string;
  readonly BoxliteRuntime: { open(options: RuntimeOptions): Promise<BoxliteRuntime> };
  /** The home that is meant, by its absolute path. */
  homeDirectory(home?: string): string;
  readEvents(options: ReadEventsOptions): AsyncIterable<RuntimeEvent>;
}

/** Where the command line stands: what it reads, writes, and runs on. Tests put other things in its place. */
export interface Cli {
  readonly env: NodeJS.ProcessEnv;
  /** Where relative paths begin. */
  readonly cwd: string;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Of file descriptor 0: what it is. */
  readonly stdinKind: 'terminal' | 'stream' | 'nothing';
  /** Opened at its first use only: an open stdin keeps a process alive. */
  stdin(): Readable;
  /** Has the terminal that is our stdin pass on keys and output as they are, or again do as it did before. */
  setRawTerminal(raw: boolean): void;
  readonly signals: SignalSource;
  /** Ends the command at once, when a second signal comes while the first is being obeyed. @defaultValue ends this process */
  readonly exitAtOnce?: (signal: NodeJS.Signals) => void;
  /** Aborts when nobody hears of the command any more: of one that runs here for another process. */
  readonly lost?: AbortSignal;
  /** Runs the command of another process, which finds its home in use by us; absent where that is what this is. */
  readonly runGuest?: (args: readonly string[], cli: Cli) => Promise<number>;
  now(): number;
  /** Loads core, which is most of the start-up time of a command that needs it. */
  loadCore(): Promise<Core>;
}
