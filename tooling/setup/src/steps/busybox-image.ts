import { readFile, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { writeOciLayout } from '../archive/oci-layout.js';
import { type TarEntry, writeTar } from '../archive/tar.js';
import { run } from '../command.js';
import { fetchPackages, unpackPackages } from '../debian/packages.js';
import { replaceDirectory } from '../files.js';
import { log } from '../log.js';
import { products, work } from '../paths.js';
import { type Step } from '../step.js';

const PACKAGE = 'busybox-static';
const REFERENCE = 'boxlite.local/busybox:latest';

const directory = (path: string, mode = 0o755): TarEntry => ({ path, mode, kind: 'directory' });
const text = (path: string, ...lines: string[]): TarEntry => ({
  path,
  mode: 0o644,
  kind: 'file',
  data: Buffer.from(lines.map((line) => `${line}\n`).join('')),
});

/** `/usr/bin/env` → `../../bin/busybox`: relative, so that it holds wherever the tree is looked at from. */
const link = (path: string): TarEntry => ({ path, mode: 0o777, kind: 'symlink', target: relative(dirname(path), 'bin/busybox') });

/** The root file system: busybox under the name of every program it can be, and the files that any program expects. */
export const busyboxTree = (busybox: Buffer, applets: readonly string[], copyright: Buffer, version: string): TarEntry[] => [
  ...['bin', 'dev', 'etc', 'home', 'proc', 'run', 'sbin', 'sys', 'usr', 'usr/bin', 'usr/sbin', 'usr/share', 'usr/share/doc'].map((path) =>
    directory(path),
  ),
  directory('usr/share/doc/busybox'),
  directory('root', 0o700),
  directory('tmp', 0o1777),
  directory('var'),
  directory('var/log'),
  directory('var/tmp', 0o1777),
  text('etc/passwd', 'root:x:0:0:root:/root:/bin/sh', 'nobody:x:65534:65534:nobody:/nonexistent:/bin/false'),
  text('etc/group', 'root:x:0:', 'tty:x:5:', 'nogroup:x:65534:'),
  { path: 'bin/busybox', mode: 0o755, kind: 'file', data: busybox },
  ...applets.filter((path) => path !== 'bin/busybox').map(link),
  { path: 'usr/share/doc/busybox/copyright', mode: 0o644, kind: 'file', data: copyright },
  text(
    'usr/share/doc/busybox/SOURCE',
    `/bin/busybox is unchanged from Debian's ${PACKAGE} ${version}.`,
    `apt-get source ${PACKAGE}=${version}`,
  ),
];

const makeImage = async (): Promise<void> => {
  const [busybox] = await fetchPackages(PACKAGE, (name) => name === PACKAGE, 'busybox for the embedded image');
  if (busybox === undefined) throw new Error(`apt does not list ${PACKAGE} itself`);
  const tree = join(work, 'busybox-package');
  await rm(tree, { recursive: true, force: true });
  await unpackPackages([busybox], tree);
  const program = join(tree, 'bin/busybox');
  const applets = (await run(program, ['--list-full'])).split('\n').filter((path) => /^(usr\/)?s?bin\//.test(path));
  const copyright = await readFile(join(tree, 'usr/share/doc', PACKAGE, 'copyright'));
  const layer = writeTar(busyboxTree(await readFile(program), applets, copyright, busybox.version));
  await replaceDirectory(products.busybox, (directory) =>
    writeOciLayout(directory, {
      reference: REFERENCE,
      layer,
      config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['sh'] },
    }),
  );
  await rm(tree, { recursive: true, force: true });
  log(`embedded image: busybox with ${String(applets.length)} programs`);
};

export const busyboxImage: Step = {
  name: 'busybox-image',
  after: [],
  inputs: ['tooling/setup/src/steps/busybox-image.ts', 'tooling/setup/src/archive/tar.ts', 'tooling/setup/src/archive/oci-layout.ts'],
  outputs: [join(products.busybox, 'index.json')],
  run: makeImage,
};
