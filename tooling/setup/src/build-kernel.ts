/** `tsx tooling/setup/src/build-kernel.ts`: builds the guest's own kernel, unless it is in the cache; `./dev kernel` calls it. */
import { log } from './log.js';
import { buildKernel } from './own-kernel/build.js';

try {
  const { directory, manifest } = await buildKernel();
  log(`the kernel ${manifest.release} of ${manifest.source} is in ${directory}; the next ./dev command uses it`);
} catch (error) {
  log(`kernel: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
