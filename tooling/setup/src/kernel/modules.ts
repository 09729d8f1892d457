import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ElfFile } from '../elf/elf-file.js';
import { walk } from '../files.js';

/** A module's one name: file names use `-` and `_` as they like, the kernel only `_`. */
const moduleName = (path: string): string => basename(path).replace(/\.ko$/, '').replaceAll('-', '_');

/** The modules that a module needs loaded before it, as its own `.modinfo` says. */
const dependencies = async (path: string): Promise<string[]> => {
  const info = (await ElfFile.read(path)).section('.modinfo')?.toString('latin1') ?? '';
  const list = info
    .split('\0')
    .find((entry) => entry.startsWith('depends='))
    ?.slice('depends='.length);
  return (list ?? '')
    .split(',')
    .filter((name) => name !== '')
    .map(moduleName);
};

/**
 * The files of the wanted modules and of all they depend on, in an order in which they can be loaded.
 * What is built into the kernel needs no file.
 *
 * @param directory `lib/modules/<release>` of the kernel's package
 * @throws when a module is neither there nor built in
 */
export const modulesInOrder = async (directory: string, wanted: readonly string[]): Promise<string[]> => {
  const files = new Map(
    (await walk(join(directory, 'kernel'))).filter((file) => file.endsWith('.ko')).map((file) => [moduleName(file), file]),
  );
  const builtIn = new Set((await readFile(join(directory, 'modules.builtin'), 'utf8')).split('\n').map(moduleName));
  const order: string[] = [];
  const seen = new Set<string>();
  const add = async (name: string): Promise<void> => {
    if (seen.has(name)) return;
    seen.add(name);
    const file = files.get(name);
    if (file === undefined) {
      if (builtIn.has(name)) return;
      throw new Error(`the kernel has no module ${name}, nor is it built in`);
    }
    for (const dependency of await dependencies(file)) await add(dependency);
    order.push(file);
  };
  for (const name of wanted) await add(moduleName(name));
  return order;
};
