import { copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CpioEntry, writeCpio } from '../archive/cpio.js';
import { ElfFile } from '../elf/elf-file.js';
import { sha256, writeAtomic } from '../files.js';
import { log } from '../log.js';
import { products, root } from '../paths.js';
import { type Step } from '../step.js';
import { kernelDirectory, type KernelInfo } from './kernel.js';
import { agentBinary } from './native.js';

/** What the agent's filter of system calls is made of; the host tells of it. */
const PROFILE = 'native/agent/seccomp/default.profile';

const directory = (path: string, mode = 0o755): CpioEntry => ({ path, mode, kind: 'directory' });

/** The initramfs: the agent, which is the guest's PID 1, and the modules it loads; none with a kernel that has all built in. */
export const initramfs = (agent: Buffer, modules: readonly { name: string; data: Buffer }[]): Buffer => {
  const order = modules.map(({ name }) => `${name}\n`).join('');
  return writeCpio([
    directory('dev'),
    // The kernel opens it as PID 1's stdio before anything is mounted.
    { path: 'dev/console', mode: 0o600, kind: 'character-device', major: 5, minor: 1 },
    directory('proc'),
    directory('sys'),
    directory('run'),
    { path: 'init', mode: 0o755, kind: 'file', data: agent },
    directory('modules'),
    ...modules.map(({ name, data }): CpioEntry => ({ path: `modules/${name}`, mode: 0o644, kind: 'file', data })),
    ...(modules.length === 0 ? [] : [{ path: 'modules/order', mode: 0o644, kind: 'file', data: Buffer.from(order) } as const]),
  ]);
};

const makeGuestImage = async (): Promise<void> => {
  const info = JSON.parse(await readFile(join(kernelDirectory, 'kernel.json'), 'utf8')) as KernelInfo;
  const agent = await readFile(agentBinary);
  if (ElfFile.parse(agent).needed().length > 0) throw new Error('boxlite-agent asks for shared libraries, which the guest does not have');
  const modules = await Promise.all(
    info.modules.map(async (name) => ({ name, data: await readFile(join(kernelDirectory, 'modules', name)) })),
  );
  const archive = initramfs(agent, modules);
  const { version } = JSON.parse(await readFile(join(root, 'packages/agent/package.json'), 'utf8')) as { version: string };

  await mkdir(products.guest, { recursive: true });
  const vmlinux = join(kernelDirectory, 'vmlinux');
  const temporary = join(products.guest, 'vmlinux.new');
  await copyFile(vmlinux, temporary);
  await rename(temporary, join(products.guest, 'vmlinux'));
  await copyFile(join(kernelDirectory, 'copyright'), join(products.guest, 'vmlinux.copyright'));
  const config = join(products.guest, 'vmlinux.config');
  // Part of the source of a kernel that was compiled here; Debian's is in Debian's package.
  await (info.kind === 'own' ? copyFile(join(kernelDirectory, 'config'), config) : rm(config, { force: true }));
  await writeAtomic(join(products.guest, 'initramfs.cpio'), archive);
  await writeAtomic(join(products.guest, 'seccomp.profile'), await readFile(join(root, PROFILE)));
  const manifest = {
    version,
    kernelKind: info.kind,
    kernelRelease: info.release,
    kernelPackage: info.package,
    sha256: { vmlinux: sha256(await readFile(vmlinux)), 'initramfs.cpio': sha256(archive) },
  };
  await writeAtomic(join(products.guest, 'manifest.json'), JSON.stringify(manifest, null, 2) + '\n');
  log(`guest image: initramfs ${(archive.length / 2 ** 20).toFixed(1)} MiB, of it the agent ${(agent.length / 2 ** 20).toFixed(1)} MiB`);
};

export const guestImage: Step = {
  name: 'guest-image',
  after: ['kernel', 'agent'],
  inputs: [
    '.cache/kernel/kernel.json',
    'target/x86_64-unknown-linux-gnu/guest/boxlite-agent',
    'tooling/setup/src/steps/guest-image.ts',
    'tooling/setup/src/archive/cpio.ts',
    'packages/agent/package.json',
    PROFILE,
  ],
  outputs: ['vmlinux', 'initramfs.cpio', 'seccomp.profile', 'manifest.json'].map((name) => join(products.guest, name)),
  run: makeGuestImage,
};
