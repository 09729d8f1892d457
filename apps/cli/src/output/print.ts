import type { Writable } from 'node:stream';
import { CliError, OutputClosedError } from '../errors/cli-error.js';

/** What a failed write to stdout or stderr means. */
export const outputError = (error: unknown): Error => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED') return new OutputClosedError('the reader of the output is gone');
  return new CliError(`cannot write the output: ${error instanceof Error ? error.message : String(error)}`);
};

/**
 * Writes text and waits until it has been handed to the system.
 * @throws OutputClosedError when nobody reads any more; CliError when the disk is full, and the like.
 */
export const print = (stream: Writable, text: string | Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error === null || error === undefined) resolve();
      else reject(outputError(error));
    });
  });

export const printJson = (stream: Writable, value: unknown): Promise<void> => print(stream, `${JSON.stringify(value, null, 2)}\n`);
