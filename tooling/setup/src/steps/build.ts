import { join } from 'node:path';
import { run } from '../command.js';
import { log } from '../log.js';
import { root } from '../paths.js';
import { type Step } from '../step.js';

/** The TypeScript packages and the command-line program, through turbo, which knows what depends on what. */
export const build: Step = {
  name: 'build',
  // The types of the native module are made with it; the bridge carries the embedded image.
  after: ['vmm', 'busybox-image'],
  inputs: ['packages', 'apps', 'proto', 'tooling/presets', 'pnpm-lock.yaml', 'turbo.json', 'tooling/setup/src/steps/build.ts'],
  outputs: [join(root, 'apps/cli/dist/main.js'), join(root, 'packages/core/dist/index.js')],
  run: async () => {
    log('building the TypeScript packages');
    await run('pnpm', ['exec', 'turbo', 'run', 'build', '--output-logs=new-only'], { cwd: root, progress: 'build' });
  },
};
