#!/usr/bin/env node
import { VERSION } from './version.js';

const args = process.argv.slice(2);
if (args.length === 1 && args[0] === '--version') {
  process.stdout.write(`${VERSION}\n`);
} else {
  const [{ runCommandLine }, { processCli }] = await Promise.all([import('./run-command-line.js'), import('./runtime/process-cli.js')]);
  // Not process.exit: what is still on its way to a pipe would be lost.
  process.exitCode = await runCommandLine(args, processCli());
}
