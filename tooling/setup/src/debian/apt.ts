import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../files.js';
import { run } from '../command.js';
import { log } from '../log.js';
import { cache } from '../paths.js';

const directory = join(cache, 'debian');
const configuration = join(directory, 'apt.conf');
const listed = join(directory, 'listed');

/**
 * An apt of our own: the machine's sources and keys, but lists, cache and "installed packages" (none) in our cache.
 * So it needs no root, leaves the machine's apt alone, and resolves a package's whole closure whatever is installed.
 */
const writeConfiguration = async (): Promise<void> => {
  await mkdir(join(directory, 'state/lists/partial'), { recursive: true });
  await mkdir(join(directory, 'cache/archives/partial'), { recursive: true });
  await writeFile(join(directory, 'status'), '');
  await writeFile(
    configuration,
    [
      `Dir::State "${join(directory, 'state')}";`,
      `Dir::State::status "${join(directory, 'status')}";`,
      `Dir::Cache "${join(directory, 'cache')}";`,
      `Dir::Log "${join(directory, 'log')}";`,
      `APT::Sandbox::User "";`,
      `APT::Get::List-Cleanup "false";`,
      `Acquire::Languages "none";`,
      `Acquire::Retries "3";`,
      // The machine's hooks are meant for the machine's own state.
      '#clear APT::Update::Pre-Invoke;',
      '#clear APT::Update::Post-Invoke;',
      '#clear APT::Update::Post-Invoke-Success;',
      '#clear DPkg::Post-Invoke;',
      '#clear Acquire::IndexTargets::deb::DEP-11;',
      '#clear Acquire::IndexTargets::deb::DEP-11-icons;',
      '',
    ].join('\n'),
  );
};

const aptGet = (args: readonly string[], cwd?: string): Promise<string> =>
  run('apt-get', ['-c', configuration, ...args], { ...(cwd === undefined ? {} : { cwd }), env: { LC_ALL: 'C' } });

/** Reads the package lists of the machine's sources. A source that does not answer is passed over: the others may do. */
export const updateLists = async (): Promise<void> => {
  log("fetching package lists from Debian's mirror");
  await writeConfiguration();
  await aptGet(['update', '-q']).catch((error: unknown) => {
    log(`some of the machine's apt sources cannot be read; going on with the others (${String(error).split('\n').at(-1) ?? ''})`);
  });
  await writeFile(listed, '');
};

/** When the package lists were read last; undefined when they never were. */
export const listsReadAt = (): Promise<Date | undefined> =>
  stat(listed).then(
    ({ mtime }) => mtime,
    () => undefined,
  );

/** Reads the package lists when there are none yet. */
export const ensureLists = async (): Promise<void> => {
  if (!(await exists(listed))) await updateLists();
};

/** A package at one version. */
export interface Package {
  name: string;
  /** Debian's version, with its epoch: `1:7.2+dfsg-7`. */
  version: string;
}

/** Resolves a package and all it depends on. @throws when no source has it. */
export const closure = async (name: string): Promise<Package[]> => {
  const text = await aptGet(['install', '--simulate', '--no-install-recommends', name]);
  // "Inst libc6 (2.36-9 Debian:12/stable [amd64])"
  return Array.from(text.matchAll(/^Inst (\S+) \((\S+) /gm), ([, found, version]) => ({ name: found ?? '', version: version ?? '' }));
};

/** Downloads packages into a directory; apt checks each against the signed lists. */
export const download = async (packages: readonly Package[], into: string): Promise<void> => {
  await aptGet(['download', '-q', ...packages.map(({ name, version }) => `${name}=${version}`)], into);
};
