import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeCpio } from '../../../setup/src/archive/cpio.js';
import { run } from '../../../setup/src/command.js';
import { fetchPackages, unpackPackages } from '../../../setup/src/debian/packages.js';
import { exists } from '../../../setup/src/files.js';
import { modulesInOrder } from '../../../setup/src/kernel/modules.js';
import { root } from '../../../setup/src/paths.js';
import { benchWork } from '../paths.js';

/** The bare guest: Debian's kernel as it comes, and an initramfs with the bare agent, busybox and the modules they need. */
export interface BareGuestImage {
  /** The compressed kernel of the package, `vmlinuz`. */
  kernel: string;
  initramfs: string;
}

const KERNEL = 'linux-image-cloud-amd64';
const BUSYBOX = 'busybox-static';
const MODULES = ['virtio_pci', 'virtio_blk', 'virtio_console'];
const TARGET = 'x86_64-unknown-linux-gnu';

/** Unpacks a package once; set-up has fetched it already. */
const unpacked = async (name: string, keep: (name: string) => boolean): Promise<string> => {
  const [item] = await fetchPackages(name, keep, `${name} for the benchmarks`);
  if (item === undefined) throw new Error(`apt does not list ${name}`);
  const tree = join(benchWork, basename(item.file, '.deb'));
  const complete = join(tree, '.complete');
  if (!(await exists(complete))) {
    await unpackPackages([item], tree);
    await writeFile(complete, '');
  }
  return tree;
};

/** Builds the bare agent as the product's agent is built. */
const buildAgent = async (): Promise<Buffer> => {
  await run('cargo', ['build', '--release', '--target', TARGET, '-p', 'boxlite-baseline'], {
    cwd: root,
    env: { RUSTFLAGS: '-C target-feature=+crt-static' },
  });
  return await readFile(join(process.env['CARGO_TARGET_DIR'] ?? join(root, 'target'), TARGET, 'release/boxlite-baseline'));
};

/** Makes the bare guest in `.cache/bench`. */
export const makeBareGuestImage = async (): Promise<BareGuestImage> => {
  await mkdir(benchWork, { recursive: true });
  const kernelTree = await unpacked(KERNEL, (name) => /^linux-image-\d/.test(name));
  const busyboxTree = await unpacked(BUSYBOX, (name) => name === BUSYBOX);
  const kernelFile = (await readdir(join(kernelTree, 'boot'))).find((name) => name.startsWith('vmlinuz-'));
  if (kernelFile === undefined) throw new Error(`${kernelTree} holds no kernel in boot/`);
  const release = kernelFile.slice('vmlinuz-'.length);
  const modules = await modulesInOrder(join(kernelTree, 'lib/modules', release), MODULES);

  const directory = (path: string) => ({ path, mode: 0o755, kind: 'directory' }) as const;
  const file = (path: string, mode: number, data: Buffer) => ({ path, mode, kind: 'file', data }) as const;
  const archive = writeCpio([
    directory('dev'),
    { path: 'dev/console', mode: 0o600, kind: 'character-device', major: 5, minor: 1 },
    // In place of a console that the machine does not have; Rust's start-up wants three open files.
    { path: 'dev/null', mode: 0o666, kind: 'character-device', major: 1, minor: 3 },
    file('init', 0o755, await buildAgent()),
    directory('bin'),
    file('bin/busybox', 0o755, await readFile(join(busyboxTree, 'bin/busybox'))),
    directory('modules'),
    ...(await Promise.all(modules.map(async (path) => file(`modules/${basename(path)}`, 0o644, await readFile(path))))),
    file('modules/order', 0o644, Buffer.from(modules.map((path) => `${basename(path)}\n`).join(''))),
  ]);
  const initramfs = join(benchWork, 'initramfs.cpio');
  await writeFile(initramfs, archive);
  return { kernel: join(kernelTree, 'boot', kernelFile), initramfs };
};
