import { spawnSync } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Execution } from '@boxlite/core';

export interface Size {
  rows: number;
  columns: number;
}

/** A stream that is a terminal, or may be one. */
type Maybe<Stream extends object> = Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'rows' | 'columns'>> &
  Partial<Pick<NodeJS.ReadStream, 'setRawMode'>> &
  Stream;

/** Of a terminal that knows it. */
export const sizeOf = ({ isTTY, rows, columns }: Maybe<Writable>): Size | undefined =>
  isTTY === true && rows !== undefined && columns !== undefined && rows > 0 && columns > 0 ? { rows, columns } : undefined;

/**
 * Connects the streams of this program with a command that has a terminal: keys as they are, Ctrl-C included, and changes of the size.
 * @returns what ends that and puts everything back. Idempotent.
 */
export const connect = (execution: Execution, input: Maybe<Readable>, output: Maybe<Writable>): (() => void) => {
  const resize = (): void => {
    const size = sizeOf(output);
    // It fails only with the command, which `wait` tells.
    if (size !== undefined) execution.resize(size).catch(() => undefined);
  };
  const raw = input.isTTY === true;
  if (raw) {
    input.setRawMode?.(true);
    // Node.js leaves line feeds to the terminal, which then moves the cursor to the left where a full-screen program does not want it.
    // Where there is no stty, it is almost right.
    spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
  }
  output.on('resize', resize);
  resize();
  const typed = (keys: Buffer | string): void => {
    if (!execution.stdin.write(keys)) {
      input.pause();
      execution.stdin.once('drain', () => input.resume());
    }
  };
  const ended = (): void => void execution.stdin.end();
  // A command that ends while keys are on their way to it is no failure.
  const ignore = (): void => undefined;
  execution.stdin.on('error', ignore);
  input.on('data', typed);
  input.on('end', ended);
  // What stands behind the output is not ours to end.
  execution.stdout.pipe(output, { end: false });
  let over = false;
  return () => {
    if (over) return;
    over = true;
    execution.stdout.unpipe(output);
    output.off('resize', resize);
    input.off('data', typed);
    input.off('end', ended);
    input.pause();
    if (raw) input.setRawMode?.(false);
  };
};
