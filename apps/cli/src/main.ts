#!/usr/bin/env -S node --
// The `--` keeps Node.js from reading `--env-file`, which is an option of ours, and from obeying a NODE_OPTIONS in that file.
import { VERSION } from './version.js';

const main = async (args: readonly string[]): Promise<number> => {
  const [{ runCommandLine }, { processCli }] = await Promise.all([import('./run-command-line.js'), import('./runtime/process-cli.js')]);
  return runCommandLine(args, { ...processCli(), runGuest: runCommandLine });
};

const [first, ...rest] = process.argv.slice(2);
if (first === '--version' && rest.length === 0) {
  // Without loading anything.
  process.stdout.write(`${VERSION}\n`);
} else {
  // Should everything that keeps the process alive go away before it is done, that must not look like success.
  process.exitCode = 125;
  const stalled = (): void => {
    process.stderr.write('boxlite: the command came to a standstill\nThis is a bug in BoxLite.\n');
  };
  process.once('beforeExit', stalled);
  // Not process.exit: what is still on its way to a pipe would be lost.
  void main(process.argv.slice(2)).then((exitCode) => {
    process.off('beforeExit', stalled);
    process.exitCode = exitCode;
  });
}
