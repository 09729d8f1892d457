import type { LaunchPlan } from '../launch/launch-plan.js';
import { linkPath, VM_FILES } from '../engine/files.js';

/** A text of the profile's language, which is Scheme: in quotes, with what means something there escaped. */
const text = (value: string): string => `"${value.replace(/[\\"]/g, (character) => `\\${character}`)}"`;

const rule = (operation: string, filters: readonly string[]): string[] =>
  filters.length === 0 ? [] : [`(allow ${operation}`, ...[...new Set(filters)].map((filter) => `  ${filter}`), ')'];

const literal = (path: string): string => `(literal ${text(path)})`;
const subpath = (path: string): string => `(subpath ${text(path)})`;

/** What any program needs to be loaded and to run; `system.sb` of macOS grants its own libraries that. */
const BASE = ['(version 1)', '(deny default)', '(import "system.sb")', '(deny network*)', '(deny process-fork)'];

/**
 * The jail of a launch plan as a profile for macOS's `sandbox-exec`: the engine may read what it is made of, its disks' shared layers and what the
 * guest is given; write what is the Box's own; and nothing else of the host: no other file, network or process. Sockets and logs are open when it
 * begins.
 *
 * It has never been run on a Mac, where BoxLite does not run. docs/security.md says what is missing there.
 */
export const sandboxProfile = ({ directory, program, readable, links, named, inputs, devices, share }: LaunchPlan): string => {
  const place = `${directory}/${VM_FILES}`;
  const mounts = share?.mounts ?? [];
  const own = links.filter(({ writable }) => writable);
  const read = [
    literal(place),
    ...[program, ...devices, ...inputs.map(({ path }) => path)].map(literal),
    ...readable.map(subpath),
    ...named.flatMap(({ name, source }) => [literal(`${place}/${name}`), literal(source)]),
    ...links.map((link) => literal(`${place}/${linkPath(link)}`)),
    ...mounts.map(({ source }) => subpath(source)),
  ];
  const write = [
    ...own.map((link) => literal(`${place}/${linkPath(link)}`)),
    ...mounts.filter(({ readOnly }) => !readOnly).map(({ source }) => subpath(source)),
  ];
  return [...BASE, ...rule('process-exec', [literal(program)]), ...rule('file-read*', read), ...rule('file-write*', write), ''].join('\n');
};
