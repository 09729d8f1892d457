import { chmod, copyFile, mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../command.js';
import { ElfFile } from '../elf/elf-file.js';
import { log } from '../log.js';
import { products, root } from '../paths.js';
import { type Step } from '../step.js';

/** No musl target is needed: glibc linked in, which for these programs (no NSS, no dlopen) is as good. */
const TARGET = 'x86_64-unknown-linux-gnu';
const built = (program: string, profile = 'release'): string => join(root, 'target', TARGET, profile, program);

/** The agent as cargo leaves it; the guest image carries it as `/init`. */
export const agentBinary = built('boxlite-agent', 'guest');

/** CI builds exactly what the lock file says; elsewhere a changed Cargo.toml may change it. */
const locked = process.env['CI'] === undefined ? [] : ['--locked'];

const STATIC = '-C target-feature=+crt-static';

const buildCrate = async (crate: string, flags: string, profile = 'release'): Promise<void> => {
  log(`building ${crate} (crates come from Rust's registry)`);
  await run('cargo', ['build', '--profile', profile, ...locked, '--target', TARGET, '-p', crate], {
    cwd: root,
    env: { RUSTFLAGS: flags },
    progress: crate,
  });
};

/** Puts a file in its place; who uses the old one keeps it. */
const place = async (file: string, product: string, mode: number): Promise<void> => {
  await mkdir(dirname(product), { recursive: true });
  const temporary = `${product}.new`;
  await copyFile(file, temporary);
  await chmod(temporary, mode);
  await rename(temporary, product);
};

const workspaceInputs = ['Cargo.toml', 'Cargo.lock', 'tooling/setup/src/steps/native.ts'];

export const agent: Step = {
  name: 'agent',
  after: [],
  inputs: [...workspaceInputs, 'native/agent', 'native/copy', 'proto'],
  outputs: [agentBinary],
  run: () => buildCrate('boxlite-agent', STATIC, 'guest'),
};

export const shim: Step = {
  name: 'shim',
  // Cargo holds a lock on its target directory anyway.
  after: ['agent'],
  inputs: [...workspaceInputs, 'native/shim'],
  outputs: [products.shim],
  run: async () => {
    await buildCrate('boxlite-shim', STATIC);
    await place(built('boxlite-shim'), products.shim, 0o755);
  },
};

/** What the escape tests run where a VMM or a Box's program would; no package carries it. */
export const intruder: Step = {
  name: 'intruder',
  after: ['shim'],
  inputs: [...workspaceInputs, 'native/intruder'],
  outputs: [built('boxlite-intruder')],
  run: () => buildCrate('boxlite-intruder', STATIC),
};

export const enginePreload: Step = {
  name: 'engine-preload',
  after: ['intruder'],
  inputs: [...workspaceInputs, 'native/engine-preload'],
  outputs: [products.enginePreload],
  run: async () => {
    // It is loaded beside the C library of whichever QEMU: with no library of its own, and no symbol of a new version.
    await buildCrate('boxlite-engine-preload', '-C panic=abort');
    const library = built('libboxlite_engine_preload.so');
    const needed = (await ElfFile.read(library)).needed();
    if (needed.some((name) => name !== 'libc.so.6')) throw new Error(`boxlite-engine-preload asks for ${needed.join(', ')}`);
    await place(library, products.enginePreload, 0o644);
  },
};

export const vmm: Step = {
  name: 'vmm',
  after: ['engine-preload'],
  inputs: [...workspaceInputs, 'native/vmm', 'native/copy', 'packages/vmm/package.json'],
  outputs: [products.vmm],
  run: async () => {
    log("building boxlite-vmm, Node's native module");
    await run('pnpm', ['--filter', '@boxlite/vmm', 'run', 'build:native'], { cwd: root, progress: 'boxlite-vmm' });
    await place(join(root, 'packages/vmm/.cache/native/boxlite-vmm.linux-x64-gnu.node'), products.vmm, 0o644);
  },
};

/** As `packages/c/install.sh` installs it for users, where the tests find it. */
export const cLibrary: Step = {
  name: 'c-library',
  after: ['vmm'],
  inputs: [
    ...workspaceInputs,
    'native/c',
    ...['install.sh', 'boxlite.map', 'boxlite.pc.in', 'cmake', 'include'].map((name) => `packages/c/${name}`),
  ],
  outputs: [products.cLibrary],
  run: async () => {
    log('building libboxlite, the C library');
    await run('sh', ['packages/c/install.sh', 'packages/c/dist'], { cwd: root, progress: 'libboxlite' });
  },
};
