import { chmod, copyFile, mkdir, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { run } from '../command.js';
import { fetchPackages, type FetchedPackage, unpackPackages } from '../debian/packages.js';
import { ElfFile } from '../elf/elf-file.js';
import { exists, replaceDirectory, walk } from '../files.js';
import { log } from '../log.js';
import { products, work } from '../paths.js';
import { type Step } from '../step.js';

const PACKAGE = 'qemu-system-x86';
const LIBRARIES = 'usr/lib/x86_64-linux-gnu';
const LOADER = 'ld-linux-x86-64.so.2';
const MODULES = ['accel-tcg-x86_64.so'];
/** Firmware that a q35 machine with a PVH or bzImage kernel can ask for. */
const FIRMWARE = ['qboot.rom', 'pvh.bin', 'linuxboot_dma.bin', 'kvmvapic.bin'];

/** Only these of QEMU's closure can hold what the bundle needs; the rest is for installing it. */
const mayHoldFiles = (name: string): boolean => /^(lib|zlib1g$|qemu-system-|gcc-\d+-base$)/.test(name);

/** Finds a library by its soname where Debian puts them. */
const findLibrary = async (tree: string, name: string): Promise<string> => {
  for (const directory of ['lib/x86_64-linux-gnu', LIBRARIES, 'lib64']) {
    const path = join(tree, directory, name);
    if (await exists(path)) return await realpath(path);
  }
  throw new Error(`${name}, which QEMU needs, is in none of the packages that ${PACKAGE} depends on`);
};

/** Copies the libraries that a program asks for, theirs too, and so on. */
const copyLibraries = async (tree: string, bundle: string, programs: readonly string[]): Promise<void> => {
  const seen = new Set<string>();
  const visit = async (file: string): Promise<void> => {
    for (const name of (await ElfFile.read(file)).needed()) {
      if (seen.has(name)) continue;
      seen.add(name);
      const library = await findLibrary(tree, name);
      await copyFile(library, join(bundle, 'lib', name));
      await visit(library);
    }
  };
  for (const program of programs) await visit(program);
  await copyFile(await findLibrary(tree, LOADER), join(bundle, 'lib', LOADER));
  await chmod(join(bundle, 'lib', LOADER), 0o755);
};

/** The packages that a file of the bundle comes from: their licences and source go with it. */
const packagesInUse = async (tree: string, bundle: string, packages: readonly FetchedPackage[]): Promise<FetchedPackage[]> => {
  const names = new Set((await walk(bundle)).map((file) => basename(file)));
  // A library is a link to a file with the full version; both names count.
  for (const directory of ['lib/x86_64-linux-gnu', LIBRARIES]) {
    for (const name of await readdir(join(tree, directory))) {
      if (names.has(name)) names.add(basename(await realpath(join(tree, directory, name))));
    }
  }
  const used: FetchedPackage[] = [];
  for (const item of packages) {
    const listing = await run('dpkg-deb', ['--contents', item.file]);
    const files = listing.split('\n').map((line) => basename(line.replace(/^(\S+\s+){5}/, '').replace(/ -> .*/, '')));
    if (files.some((file) => file !== '' && names.has(file))) used.push(item);
  }
  return used;
};

/** The licence texts that Debian's copyright files refer to come in this package. */
const LICENCE_TEXTS = 'base-files';

const copyLicences = async (tree: string, bundle: string, packages: readonly FetchedPackage[]): Promise<void> => {
  await mkdir(join(bundle, 'licenses'));
  for (const { name } of packages) {
    const text = await readFile(join(tree, 'usr/share/doc', name, 'copyright')).catch(() => undefined);
    if (text === undefined) throw new Error(`the package ${name} has no copyright file, so it cannot be passed on`);
    await writeFile(join(bundle, 'licenses', `${name}.txt`), text);
  }
  for (const file of await walk(join(tree, 'usr/share/common-licenses'))) await copyFile(file, join(bundle, 'licenses', basename(file)));
};

const sources = (packages: readonly FetchedPackage[]): string =>
  [
    'The programs and libraries in this directory are unchanged files of these packages of Debian.',
    'Their licences are in licenses/. Get the source of any of them, at this version, from Debian:',
    '  apt-get source --download-only NAME=VERSION',
    '',
    ...packages.map(({ name, version }) => `${name}=${version}`),
    '',
  ].join('\n');

/** Runs the emulator out of its bundle. */
const runEngine = (bundle: string, args: readonly string[], input = ''): Promise<string> =>
  run(
    join(bundle, 'lib', LOADER),
    ['--library-path', join(bundle, 'lib'), join(bundle, 'bin/qemu-system-x86_64'), '-L', join(bundle, 'share/qemu'), ...args],
    { env: { QEMU_MODULE_DIR: join(bundle, 'lib/qemu') }, input },
  );

/** Starts a machine without a board under TCG: the emulator, its libraries and its module load and agree. @throws when they do not. */
const verify = async (bundle: string): Promise<string> => {
  const version = /version (\d+\.\d+\.\d+)/.exec(await runEngine(bundle, ['--version']))?.[1];
  if (version === undefined) throw new Error('the bundled QEMU does not tell its version');
  const conversation = '{"execute":"qmp_capabilities"}\n{"execute":"quit"}\n';
  await runEngine(
    bundle,
    ['-M', 'none', '-accel', 'tcg', '-nodefaults', '-no-user-config', '-display', 'none', '-qmp', 'stdio'],
    conversation,
  );
  return version;
};

const makeEngine = async (): Promise<void> => {
  const packages = await fetchPackages(PACKAGE, mayHoldFiles, 'QEMU and its libraries');
  const licences = await fetchPackages(LICENCE_TEXTS, (name) => name === LICENCE_TEXTS, 'licence texts');
  const qemu = packages.find(({ name }) => name === PACKAGE);
  if (qemu === undefined) throw new Error(`apt does not list ${PACKAGE} itself`);
  const tree = join(work, 'engine-packages');
  await rm(tree, { recursive: true, force: true });
  log(`unpacking ${String(packages.length)} packages for the engine bundle`);
  await unpackPackages([...packages, ...licences], tree);

  await replaceDirectory(products.engine, async (bundle) => {
    for (const directory of ['bin', 'lib/qemu', 'share/qemu']) await mkdir(join(bundle, directory), { recursive: true });
    const program = join(bundle, 'bin/qemu-system-x86_64');
    await copyFile(join(tree, 'usr/bin/qemu-system-x86_64'), program);
    await chmod(program, 0o755);
    for (const name of MODULES) await copyFile(join(tree, LIBRARIES, 'qemu', name), join(bundle, 'lib/qemu', name));
    for (const name of FIRMWARE) await copyFile(join(tree, 'usr/share/qemu', name), join(bundle, 'share/qemu', name));
    await copyLibraries(tree, bundle, [program, ...MODULES.map((name) => join(bundle, 'lib/qemu', name))]);

    const used = await packagesInUse(tree, bundle, packages);
    await copyLicences(tree, bundle, used);
    await writeFile(join(bundle, 'SOURCES'), sources(used));
    const version = await verify(bundle);
    const manifest = { bundle: 1, engine: 'qemu', version, package: qemu.version, target: 'linux-x64' };
    await writeFile(join(bundle, 'manifest.json'), JSON.stringify(manifest, null, 2) + '\n');
    log(`engine bundle: QEMU ${version} of ${String(used.length)} packages`);
  });
  await rm(tree, { recursive: true, force: true });
};

export const engine: Step = {
  name: 'engine',
  after: [],
  inputs: ['tooling/setup/src/steps/engine.ts'],
  outputs: [join(products.engine, 'manifest.json')],
  run: makeEngine,
};
