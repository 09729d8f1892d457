import { parseArgs } from 'node:util';
import { resolve } from 'node:path';
import { groups, measures } from './measures.js';

export interface Options {
  json: string | undefined;
  /** Names of measures; all when it is empty. */
  only: readonly string[];
  /** Rounds of every measure in place of its own number. */
  rounds: number | undefined;
  help: boolean;
}

/** Bad arguments; the message is for the user. */
export class UsageError extends Error {}

const list = (): string => measures.map(({ name, rounds, about }) => `  ${name.padEnd(16)} ${about} (N ${String(rounds)})`).join('\n');

const groupList = (): string =>
  [...groups].map(([name, members]) => `  ${name.padEnd(16)} ${members.map((member) => member.name).join(', ')}`).join('\n');

export const help = (): string => `Usage: ./dev bench [--json FILE] [--only NAME,…] [-n N]

Measures this checkout, and beside each thing its counterpart, in turn and in one run: ratios mean more than times, for hosts differ.

  --json FILE    write everything there as well: machine, load, every sample
  --only a,b     only these measures, or groups of them
  -n N           rounds of each measure, in place of its own number
  --help

Measures:
${list()}

Names that stand for several:
${groupList()}

The bare VM is the first prototype: QEMU as the Boxes run it, Debian's kernel as it comes (compressed), a static PID 1 that answers
lines on a virtio-serial port. p95 is what 95 % of the rounds were at least as good as. MB is 10⁶ bytes. An aim is for the median, or for
the ratio of the medians. CPU time is that of all threads, and depends less on what else the host does than the time by the clock.
Some measures need root or Debian's docker-registry, skopeo, umoci and mmdebstrap; what cannot be measured is named, with the reason.
`;

/** Reads the command line. @throws UsageError */
export const readOptions = (args: readonly string[]): Options => {
  const { values } = parse(args);
  const only = (values.only?.split(',') ?? []).filter((name) => name !== '').flatMap(named);
  const rounds = values.n === undefined ? undefined : Number(values.n);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
    throw new UsageError(`-n is ${String(values.n)}; it must be a whole number of rounds, 1 or more`);
  }
  // pnpm runs scripts in the package's directory and tells where it was called.
  const json = values.json === undefined ? undefined : resolve(process.env['INIT_CWD'] ?? '.', values.json);
  return { json, only, rounds, help: values.help ?? false };
};

/** The measures that a name stands for. */
const named = (name: string): string[] => {
  const found = groups.get(name) ?? measures.filter((measure) => measure.name === name);
  if (found.length > 0) return found.map((measure) => measure.name);
  throw new UsageError(`no such measure: ${name}; there are ${[...groups.keys(), ...measures.map((measure) => measure.name)].join(', ')}`);
};

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        json: { type: 'string' },
        only: { type: 'string' },
        n: { type: 'string', short: 'n' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};
