import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from '../command.js';
import { listsReadAt } from '../debian/apt.js';
import { fetchPackages, unpackPackages } from '../debian/packages.js';
import { replaceDirectory, sha256 } from '../files.js';
import { bootsByPvh } from '../kernel/bzimage.js';
import { withLock } from '../lock.js';
import { log } from '../log.js';
import { copyright } from './copyright.js';
import { compile, configure, recipeDigest, SOURCE_PACKAGE } from './recipe.js';
import { kernelDirectoryOf, kernels, newestKernel, readKernel, type KernelManifest, type StoredKernel } from './store.js';
import { checkToolchain } from './toolchain.js';

/** Unpacks the source out of Debian's package; gives the tree's path. */
const unpackSource = async (file: { name: string; version: string; file: string }, into: string): Promise<string> => {
  await unpackPackages([file], into);
  const directory = join(into, 'usr/src');
  const archive = (await readdir(directory)).find((name) => name.endsWith('.tar.xz'));
  if (archive === undefined) throw new Error(`${file.name} ${file.version} holds no .tar.xz in usr/src`);
  await run('tar', ['-xJf', archive], { cwd: directory });
  return join(directory, archive.slice(0, -'.tar.xz'.length));
};

/**
 * Builds the kernel of this checkout's recipe from the newest source that Debian has, unless it is in the cache.
 * One build at a time, also among checkouts; what fails or is interrupted leaves no kernel behind.
 * @throws Error when tools are missing, a line of the fragment is lost, or the build fails.
 */
export const buildKernel = async (): Promise<StoredKernel> => {
  const recipe = await recipeDigest();
  const [newest, listed] = await Promise.all([newestKernel(recipe), listsReadAt()]);
  // What Debian has was looked at when it was built, and not since.
  if (newest !== undefined && listed !== undefined && new Date(newest.manifest.builtAt) > listed) return newest;
  const [source] = await fetchPackages(SOURCE_PACKAGE, (name) => name === SOURCE_PACKAGE, 'the source of the kernel');
  if (source === undefined) throw new Error(`apt does not list ${SOURCE_PACKAGE} itself`);
  const directory = kernelDirectoryOf(recipe, source.version);
  const present = await readKernel(directory, recipe);
  if (present !== undefined) return present;
  const compiler = await checkToolchain();

  const work = async (): Promise<StoredKernel> => {
    const meanwhile = await readKernel(directory, recipe);
    if (meanwhile !== undefined) return meanwhile;
    const building = join(kernels, 'building');
    await rm(building, { recursive: true, force: true });
    try {
      log(`unpacking ${source.name} ${source.version}`);
      const tree = await unpackSource(source, building);
      const config = await configure(tree);
      const jobs = availableParallelism();
      log(`compiling the kernel with ${String(jobs)} jobs; this takes some minutes, and is done once`);
      await compile(tree, jobs);
      const vmlinux = await readFile(join(tree, 'vmlinux'));
      if (!bootsByPvh(vmlinux)) throw new Error('the kernel that was built has no PVH entry note, so no VMM can start it');
      const manifest: KernelManifest = {
        release: (await readFile(join(tree, 'include/config/kernel.release'), 'utf8')).trim(),
        source: `${source.name}=${source.version}`,
        recipe,
        compiler,
        sha256: { vmlinux: sha256(vmlinux), config: sha256(Buffer.from(config)) },
        builtAt: new Date().toISOString(),
      };
      await mkdir(join(directory, '..'), { recursive: true });
      await replaceDirectory(directory, async (temporary) => {
        await copyFile(join(tree, 'vmlinux'), join(temporary, 'vmlinux'));
        await chmod(join(temporary, 'vmlinux'), 0o644);
        await writeFile(join(temporary, 'config'), config);
        await writeFile(join(temporary, 'copyright'), await copyright(manifest, tree));
        await writeFile(join(temporary, 'manifest.json'), JSON.stringify(manifest, null, 2) + '\n');
      });
      log(`kernel ${manifest.release}: ${(vmlinux.length / 2 ** 20).toFixed(1)} MiB, in ${directory}`);
      return { directory, manifest };
    } finally {
      await rm(building, { recursive: true, force: true });
    }
  };
  return withLock(join(kernels, 'lock'), work, () => log('another build of the kernel is under way; waiting for it'));
};
