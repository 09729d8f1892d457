/**
 * `./dev conformance`: runs the same commands in a Box and under runc, and fails where they differ and are not meant to.
 * With parts of names, only those commands; with `--all` those too that take minutes.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BoxliteRuntime } from '@boxlite/core';
import { missingPrograms } from '@boxlite/testbed';
import { allCommands } from './commands/all-commands.js';
import { type Command, type ImageName, type Side } from './command.js';
import { compare, type Difference } from './compare.js';
import { images } from './images.js';
import { IntendedDifferences } from './intended.js';
import { BoxSide } from './box-side.js';
import { RuncSide } from './runc/runc-side.js';

const HOSTNAME = 'conformance';
const INTENDED = new URL('../intended-differences.json', import.meta.url).pathname;

const say = (line: string): void => {
  process.stderr.write(`[conformance] ${line}\n`);
};

const show = ({ command, stream, side, line }: Difference): string => `  ${command}: ${stream} of ${side}: ${JSON.stringify(line)}`;

const runOne = async (runc: Side, box: Side, command: Command): Promise<Difference[]> => {
  const [theirs, ours] = await Promise.all([runc.run(command), box.run(command)]);
  if (verbose) say(`${command.name}: runc ${JSON.stringify(theirs)}\n  box ${JSON.stringify(ours)}`);
  return compare(command, theirs, ours);
};

const isUnintended = (difference: Difference): boolean => intended.reason(difference) === undefined;

const runAll = async (runc: Side, box: Side, commands: readonly Command[]): Promise<Difference[]> => {
  const differences: Difference[] = [];
  for (const command of commands) {
    let found = await runOne(runc, box, command);
    // Once more, as with tests: a host that is busy makes some commands race.
    if (found.some(isUnintended)) {
      for (const difference of found.filter(isUnintended)) say(`second try after ${show(difference).trim()}`);
      found = await runOne(runc, box, command);
    }
    differences.push(...found);
  }
  return differences;
};

const whyNot = process.getuid?.() === 0 ? missingPrograms('runc', 'umoci', 'unshare', 'nsenter', 'dpkg-deb') : 'runc needs root here';
if (whyNot !== undefined) {
  say(`skipped: ${whyNot}`);
  process.exit(0);
}

const verbose = process.argv.includes('--verbose');
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const all = process.argv.includes('--all');
const isChosen = ({ name, long = false }: Command): boolean =>
  wanted.length === 0 ? all || !long : wanted.some((part) => name.includes(part));
const chosen = allCommands.filter(isChosen);
const intended = await IntendedDifferences.read(INTENDED);
const home = await mkdtemp(join(tmpdir(), 'boxlite-conformance-home-'));
const differences: Difference[] = [];
try {
  await using runtime = await BoxliteRuntime.open({ home });
  for (const name of ['debian', 'busybox', 'software'] satisfies ImageName[]) {
    const commands = chosen.filter(({ image }) => image === name);
    if (commands.length === 0) continue;
    const image = await images[name]();
    say(`${String(commands.length)} commands in ${name}`);
    await using runc = await RuncSide.start(image.runc, HOSTNAME);
    await using box = await BoxSide.start(runtime, { ...image.box, hostname: HOSTNAME });
    differences.push(...(await runAll(runc, box, commands)));
  }
} finally {
  await rm(home, { recursive: true, force: true });
}

const unintended = differences.filter(isUnintended);
const unused = wanted.length === 0 ? intended.unused() : [];
for (const difference of unintended) console.log(show(difference));
for (const { commands, line } of unused)
  console.log(`  nothing differs any more as in the entry for '${commands}' with the line '${line}'`);
console.log(
  `${String(chosen.length)} commands, ${String(differences.length)} lines that differ, ${String(unintended.length)} of them not meant to` +
    (unused.length === 0 ? '' : `; ${String(unused.length)} intended differences that are none`),
);
process.exitCode = unintended.length + unused.length === 0 ? 0 : 1;
