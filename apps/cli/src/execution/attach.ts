import { pipeline } from 'node:stream/promises';
import type { Readable, Writable } from 'node:stream';
import type { Execution, ExitStatus } from '@boxlite/core';
import { OutputClosedError } from '../errors/cli-error.js';
import type { Interrupts } from '../signals/interrupts.js';
import { OutputCopy } from './output-copy.js';

/** How long a command may take to heed SIGPIPE before it is killed. */
const SIGPIPE_GRACE_MS = 500;

export interface AttachOptions {
  /** `undefined`: the execution has no stdin. */
  stdin: Readable | undefined;
  stdout: Writable;
  stderr: Writable;
  interrupts: Interrupts;
  /** Signals are for the group of a main process, and not for it alone. */
  group?: boolean | undefined;
  /** Disposed before stdin is let go. */
  terminal?: Disposable | undefined;
}

/** A command that ends, or closes its stdin, before all was read is no failure. */
const forwardStdin = async (from: Readable, to: Writable): Promise<void> => {
  await pipeline(from, to).catch(() => undefined);
};

/** Nobody reads what the command prints: it gets the signal that a command here would get from its pipe. */
const endForNoReader = async (execution: Execution): Promise<void> => {
  const kill = (signal: NodeJS.Signals): void => {
    execution.kill(signal).catch(() => undefined);
  };
  const timer = setTimeout(kill, SIGPIPE_GRACE_MS, 'SIGKILL');
  kill('SIGPIPE');
  await execution.wait().catch(() => undefined);
  clearTimeout(timer);
};

/** Waits for the end of the command or of our output; signals go to the command. */
const waitForEnd = async (
  execution: Execution,
  outputs: readonly OutputCopy[],
  { interrupts, group }: AttachOptions,
): Promise<ExitStatus> => {
  using _forwarding = interrupts.forwardTo((signal) => {
    execution.kill(signal, group === true ? { group } : {}).catch(() => undefined);
  });
  const outputsEnded = Promise.all(outputs.map(({ ended }) => ended));
  // A command may have ended long before a slow reader has taken what it printed.
  return await interrupts.until(Promise.race([execution.waitForOutput(), outputsEnded.then(() => execution.wait())]));
};

/**
 * Connects a running command with the terminal or pipes around `boxlite`, until it ends: bytes as they are, with back-pressure both ways; signals too.
 * @returns when all that the command printed has been written
 * @throws OutputClosedError when the reader of the output is gone; the command is ended then
 */
export const attach = async (execution: Execution, options: AttachOptions): Promise<ExitStatus> => {
  const { stdin, stdout, stderr, interrupts, terminal } = options;
  const outputs = [new OutputCopy(execution.stdout, stdout), new OutputCopy(execution.stderr, stderr)];
  if (stdin !== undefined) void forwardStdin(stdin, execution.stdin);
  try {
    const status = await waitForEnd(execution, outputs, options);
    await interrupts.until(Promise.all(outputs.map((output) => output.finish())));
    return status;
  } catch (error) {
    if (error instanceof OutputClosedError) await endForNoReader(execution);
    throw error;
  } finally {
    terminal?.[Symbol.dispose]();
    stdin?.destroy();
  }
};
