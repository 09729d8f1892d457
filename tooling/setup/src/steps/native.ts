import { chmod, copyFile, mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../command.js';
import { log } from '../log.js';
import { products, root } from '../paths.js';
import { type Step } from '../step.js';

/** No musl target is needed: glibc linked in, which for these programs (no NSS, no dlopen) is as good. */
const TARGET = 'x86_64-unknown-linux-gnu';
const built = (program: string): string => join(root, 'target', TARGET, 'release', program);

/** The agent as cargo leaves it; the guest image carries it as `/init`. */
export const agentBinary = built('boxlite-agent');

/** CI builds exactly what the lock file says; elsewhere a changed Cargo.toml may change it. */
const locked = process.env['CI'] === undefined ? [] : ['--locked'];

const buildStatic = async (crate: string): Promise<void> => {
  log(`building ${crate} (crates come from Rust's registry)`);
  await run('cargo', ['build', '--release', ...locked, '--target', TARGET, '-p', crate], {
    cwd: root,
    env: { RUSTFLAGS: '-C target-feature=+crt-static' },
    progress: crate,
  });
};

const workspaceInputs = ['Cargo.toml', 'Cargo.lock', 'tooling/setup/src/steps/native.ts'];

export const agent: Step = {
  name: 'agent',
  after: [],
  inputs: [...workspaceInputs, 'native/agent', 'proto'],
  outputs: [agentBinary],
  run: () => buildStatic('boxlite-agent'),
};

export const shim: Step = {
  name: 'shim',
  // Cargo holds a lock on its target directory anyway.
  after: ['agent'],
  inputs: [...workspaceInputs, 'native/shim'],
  outputs: [products.shim],
  run: async () => {
    await buildStatic('boxlite-shim');
    await mkdir(dirname(products.shim), { recursive: true });
    const temporary = `${products.shim}.new`;
    await copyFile(built('boxlite-shim'), temporary);
    await chmod(temporary, 0o755);
    await rename(temporary, products.shim); // a running shim keeps the old file
  },
};

export const vmm: Step = {
  name: 'vmm',
  after: ['shim'],
  inputs: [...workspaceInputs, 'native/vmm', 'packages/vmm/package.json'],
  outputs: [join(root, 'packages/vmm/boxlite-vmm.linux-x64-gnu.node')],
  run: async () => {
    log("building boxlite-vmm, Node's native module");
    await run('pnpm', ['--filter', '@boxlite/vmm', 'run', 'build:native'], { cwd: root, progress: 'boxlite-vmm' });
  },
};
