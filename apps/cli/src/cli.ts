import type { Readable, Writable } from 'node:stream';
import type { BoxliteRuntime, RuntimeOptions } from '@boxlite/core';
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
}

/** Where the command line stands: what it reads, writes, and runs on. Tests put other things in its place. */
export interface Cli {
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Of file descriptor 0: what it is. */
  readonly stdinKind: 'terminal' | 'stream' | 'nothing';
  /** Opened at its first use only: an open stdin keeps a process alive. */
  stdin(): Readable;
  readonly signals: SignalSource;
  now(): number;
  /** Loads core, which is most of the start-up time of a command that needs it. */
  loadCore(): Promise<Core>;
}
