import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { root } from '../../setup/src/paths.js';
import { publishedPackages, type PublishedPackage } from './packages.js';

export interface Packed extends PublishedPackage {
  /** The archive, as a registry serves it. */
  archive: string;
  bytes: number;
  /** The files in it, without the leading `package/`. */
  files: string[];
  /** Its package.json, with the versions of what it depends on. */
  manifest: object;
}

/** Lists an archive, and reads the manifest in it. */
const lookInto = async (archive: string): Promise<Pick<Packed, 'files' | 'manifest'>> => {
  const files: string[] = [];
  let manifest: unknown;
  const entries = extract();
  entries.on('entry', ({ name }, stream, next) => {
    const file = name.replace(/^package\//, '');
    files.push(file);
    if (file !== 'package.json') {
      stream.on('end', next).resume();
      return;
    }
    json(stream)
      .then((value) => (manifest = value))
      .then(() => next(), next);
  });
  await pipeline(createReadStream(archive), createGunzip(), entries);
  if (typeof manifest !== 'object' || manifest === null) throw new Error(`${archive} has no package.json`);
  return { files: files.sort(), manifest };
};

/** `pnpm pack` of every published package into a directory. */
export const packAll = async (directory: string): Promise<Packed[]> => {
  const packed: Packed[] = [];
  for (const entry of await publishedPackages()) {
    const { stdout } = await promisify(execFile)('pnpm', ['pack', '--json', '--pack-destination', directory], { cwd: entry.directory });
    const { filename } = JSON.parse(stdout) as { filename: string };
    const archive = join(directory, filename.slice(filename.lastIndexOf('/') + 1));
    packed.push({ ...entry, archive, bytes: (await stat(archive)).size, ...(await lookInto(archive)) });
  }
  return packed;
};

/** What must not be in a package, or is missing in it; nothing when all is well. */
export const faultsOf = ({ name, directory, files }: Packed): string[] => {
  const faults = files
    .filter((file) => /(^|\/)(src|tests?)\/|\.test\.|\.tsbuildinfo$|(^|\/)\.(cache|turbo)\//.test(file))
    .map((file) => `${name}: ${file} is not for users`);
  const needed = directory.startsWith(join(root, 'platform')) ? ['package.json'] : ['LICENSE', 'package.json', 'dist/'];
  for (const file of needed) if (!files.some((there) => there.startsWith(file))) faults.push(`${name}: ${file} is missing`);
  return faults;
};
