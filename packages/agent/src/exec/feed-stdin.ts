import { finished } from 'node:stream';
import { isStream, type Source, toBytes } from '../source.js';
import type { StdinStream } from './stdin-stream.js';

/**
 * Writes what the caller gave as a command's stdin, up to its end.
 *
 * @param onFailed - called when the source broke off. The command must not take what came so far for all of it.
 */
export const feedStdin = (stdin: StdinStream, source: Source, onFailed: (cause: Error) => void): void => {
  if (!isStream(source)) {
    stdin.end(source);
    return;
  }
  const forgetSource = finished(source, { writable: false }, (error) => {
    forgetSource();
    if (!error) stdin.end();
    else if (!stdin.stopped) onFailed(error);
  });
  const forgetStdin = finished(stdin, () => {
    forgetStdin();
    forgetSource();
    source.destroy();
  });
  // Not by `pipe`, which lets a piece that is no bytes end the program.
  source.on('data', (chunk: unknown) => {
    try {
      if (!stdin.write(toBytes(chunk))) source.pause();
    } catch (error) {
      source.destroy(error as Error);
    }
  });
  stdin.on('drain', () => source.resume());
};
