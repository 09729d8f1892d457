import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fetchPackages, unpackPackages } from '../debian/packages.js';
import { replaceDirectory } from '../files.js';
import { bootsByPvh, extractVmlinux } from '../kernel/bzimage.js';
import { modulesInOrder } from '../kernel/modules.js';
import { log } from '../log.js';
import { recipeDigest } from '../own-kernel/recipe.js';
import { newestKernel, type StoredKernel } from '../own-kernel/store.js';
import { work } from '../paths.js';
import { type Step } from '../step.js';

/** Debian's kernel for virtual machines: smaller than the general one, and its payload is LZ4, quick to unpack. */
const PACKAGE = 'linux-image-cloud-amd64';

/** In load order: what the portal needs first, so that the agent can answer while the rest is loaded. */
const WANTED = ['virtio_pci', 'virtio_console', 'virtio_blk', 'virtio_rng', 'erofs', 'overlay', 'ext4', 'virtio_balloon'];

/** Where the guest image step finds the kernel and its modules. */
export const kernelDirectory = join(work, 'kernel');

export interface KernelInfo {
  /** `own` is this project's, of `native/kernel`; `debian` is Debian's kernel for virtual machines. */
  kind: 'own' | 'debian';
  release: string;
  /** `name=version` of the Debian package that it, or its source, is from. */
  package: string;
  /** File names below `modules/`, in load order. */
  modules: string[];
}

const ownKernel = async (): Promise<StoredKernel | undefined> => newestKernel(await recipeDigest());

/** A kernel that `./dev kernel` built. */
const takeOwn = async ({ directory: from, manifest }: StoredKernel): Promise<void> => {
  await replaceDirectory(kernelDirectory, async (directory) => {
    for (const name of ['vmlinux', 'copyright', 'config']) await copyFile(join(from, name), join(directory, name));
    const info: KernelInfo = { kind: 'own', release: manifest.release, package: manifest.source, modules: [] };
    await writeFile(join(directory, 'kernel.json'), JSON.stringify(info, null, 2) + '\n');
  });
  log(`kernel ${manifest.release}: BoxLite's own`);
};

const takeDebians = async (): Promise<void> => {
  const [image] = await fetchPackages(PACKAGE, (name) => /^linux-image-\d/.test(name), "Debian's kernel for virtual machines");
  if (image === undefined) throw new Error(`${PACKAGE} depends on no kernel image`);
  const tree = join(work, 'kernel-package');
  await rm(tree, { recursive: true, force: true });
  await unpackPackages([image], tree);

  const bzImage = (await readdir(join(tree, 'boot'))).find((name) => name.startsWith('vmlinuz-'));
  if (bzImage === undefined) throw new Error(`${image.name} holds no kernel in boot/`);
  const release = bzImage.slice('vmlinuz-'.length);
  const vmlinux = extractVmlinux(await readFile(join(tree, 'boot', bzImage)));
  if (!bootsByPvh(vmlinux)) throw new Error(`the kernel ${release} has no PVH entry note, so it cannot be started without a boot loader`);

  const modules = await modulesInOrder(join(tree, 'lib/modules', release), WANTED);
  await replaceDirectory(kernelDirectory, async (directory) => {
    await writeFile(join(directory, 'vmlinux'), vmlinux);
    await copyFile(join(tree, 'usr/share/doc', image.name, 'copyright'), join(directory, 'copyright'));
    await mkdir(join(directory, 'modules'));
    for (const file of modules) await copyFile(file, join(directory, 'modules', basename(file)));
    const info: KernelInfo = {
      kind: 'debian',
      release,
      package: `${image.name}=${image.version}`,
      modules: modules.map((file) => basename(file)),
    };
    await writeFile(join(directory, 'kernel.json'), JSON.stringify(info, null, 2) + '\n');
  });
  await rm(tree, { recursive: true, force: true });
  log(
    `kernel ${release}: Debian's, with ${String(modules.length)} modules; ./dev kernel builds BoxLite's own, which boots in half the time`,
  );
};

const makeKernel = async (): Promise<void> => {
  const own = await ownKernel();
  await (own === undefined ? takeDebians() : takeOwn(own));
};

export const kernel: Step = {
  name: 'kernel',
  after: [],
  inputs: ['tooling/setup/src/steps/kernel.ts', 'tooling/setup/src/kernel'],
  state: async () => (await ownKernel())?.manifest.sha256.vmlinux ?? 'none of our own',
  outputs: [join(kernelDirectory, 'kernel.json'), join(kernelDirectory, 'vmlinux')],
  run: makeKernel,
};
