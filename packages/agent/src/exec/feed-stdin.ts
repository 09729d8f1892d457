import { finished, type Readable } from 'node:stream';

import type { StdinStream } from './stdin-stream.js';

/**
 * Writes what the caller gave as a command's stdin, up to its end.
 *
 * @param onFailed - called when the source broke off. The command must not take what came so far for all of it.
 */
export const feedStdin = (stdin: StdinStream, source: Readable | Buffer | string, onFailed: (cause: Error) => void): void => {
  if (typeof source === 'string' || Buffer.isBuffer(source)) {
    stdin.end(source);
    return;
  }
  const forgetSource = finished(source, { writable: false }, (error) => {
    forgetSource();
    if (error && !stdin.stopped) onFailed(error);
  });
  const forgetStdin = finished(stdin, () => {
    forgetStdin();
    forgetSource();
    source.destroy();
  });
  source.pipe(stdin);
};
