import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../command.js';
import { writeAtomic } from '../files.js';
import { products, root } from '../paths.js';
import { type Step } from '../step.js';

/** What `cargo metadata` tells (format version 1), as far as it is read here. */
interface Metadata {
  packages: {
    id: string;
    name: string;
    version: string;
    license: string | null;
    repository: string | null;
    manifest_path: string;
    source: string | null;
  }[];
  resolve: { nodes: { id: string; deps: { pkg: string; dep_kinds: { kind: string | null }[] }[] }[] };
}

/** The crates that are linked into a program, itself and this project's own left out. */
export const linkedInto = ({ packages, resolve }: Metadata, program: string): Metadata['packages'] => {
  const byId = new Map(packages.map((entry) => [entry.id, entry]));
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const reached = new Set<string>();
  const visit = (id: string): void => {
    if (reached.has(id)) return;
    reached.add(id);
    // A kind of null is a normal dependency; the others run when it is built or tested.
    for (const { pkg, dep_kinds: kinds } of nodes.get(id)?.deps ?? []) if (kinds.some(({ kind }) => kind === null)) visit(pkg);
  };
  for (const { id, name } of packages) if (name === program) visit(id);
  return [...reached]
    .flatMap((id) => byId.get(id) ?? [])
    .filter(({ source }) => source !== null)
    .sort((a, b) => a.name.localeCompare(b.name));
};

const TERMS = /^(licen[cs]e|copying|copyright|notice|unlicense)/i;

const termsOf = async (directory: string): Promise<string[]> => {
  const names = (await readdir(directory, { withFileTypes: true })).filter((entry) => entry.isFile() && TERMS.test(entry.name));
  return Promise.all(names.map(async ({ name }) => (await readFile(join(directory, name), 'utf8')).trimEnd()));
};

const LINE = '-'.repeat(80);

/** Whose code is in a program, and under which terms; a text that several crates share stands there once. */
const notices = async (metadata: Metadata, programs: readonly string[]): Promise<string> => {
  const crates = [...new Map(programs.flatMap((program) => linkedInto(metadata, program)).map((crate) => [crate.id, crate])).values()];
  const usersOf = new Map<string, string[]>();
  for (const { name, version, manifest_path: manifest } of crates) {
    for (const text of await termsOf(dirname(manifest))) usersOf.set(text, [...(usersOf.get(text) ?? []), `${name} ${version}`]);
  }
  return [
    `Besides BoxLite's own code (Apache-2.0), the programs here contain the standard library of Rust (MIT OR Apache-2.0), parts of the GNU C`,
    `Library where it is linked in (LGPL-2.1-or-later; its source is Debian's package glibc), and these crates:`,
    '',
    ...crates.map(
      ({ name, version, license, repository }) =>
        `${name} ${version}: ${license ?? 'see below'}${repository === null ? '' : `, ${repository}`}`,
    ),
    '',
    ...[...usersOf].map(([text, users]) => `${LINE}\n${users.join(', ')}\n\n${text}\n`),
  ].join('\n');
};

const PROGRAMS_OF: readonly (readonly [directory: string, programs: readonly string[]])[] = [
  [dirname(products.vmm), ['boxlite-vmm']],
  [dirname(products.shim), ['boxlite-shim', 'boxlite-engine-preload']],
  [products.guest, ['boxlite-agent']],
];

const FILE = 'THIRD-PARTY.txt';

/** The notices that go with our programs wherever these go. */
export const thirdParty: Step = {
  name: 'third-party',
  after: ['vmm', 'shim', 'agent', 'guest-image'],
  inputs: ['Cargo.lock', 'Cargo.toml', 'tooling/setup/src/steps/third-party.ts'],
  outputs: PROGRAMS_OF.map(([directory]) => join(directory, FILE)),
  run: async () => {
    const told = await run('cargo', ['metadata', '--format-version', '1', '--filter-platform', 'x86_64-unknown-linux-gnu'], { cwd: root });
    const metadata = JSON.parse(told) as Metadata;
    for (const [directory, programs] of PROGRAMS_OF) await writeAtomic(join(directory, FILE), await notices(metadata, programs));
  },
};
