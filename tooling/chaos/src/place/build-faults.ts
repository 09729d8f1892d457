import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = new URL('../../../..', import.meta.url).pathname;
const TARGET = 'x86_64-unknown-linux-gnu';

/** Builds `native/faults`, apart from the product's own files. Returns the library's path. */
export const buildFaults = async (): Promise<string> => {
  const directory = join(ROOT, 'target/faults');
  const args = ['build', '--quiet', '--profile', 'release', '--target', TARGET, '--target-dir', directory, '-p', 'boxlite-faults'];
  await promisify(execFile)('cargo', args, { cwd: ROOT, env: { ...process.env, RUSTFLAGS: '-C panic=abort' } });
  return join(directory, TARGET, 'release/libboxlite_faults.so');
};
