import { parseArgs } from 'node:util';

export interface Options {
  rounds: number;
  seed: number;
  /** The first round, to begin a replay near where it failed. */
  from: number;
  verbose: boolean;
}

/** Bad arguments; the message is for the user. */
export class UsageError extends Error {}

const ROUNDS = 50;
const ROUNDS_OF_ALL = 500;

export const HELP = `Usage: ./dev chaos [--rounds N] [--seed S] [--from N] [--all] [--verbose]

Several processes use one home in turn while they, their VMs and their pulls are killed, writes fail, the disk fills and clocks jump. After
each round nothing may be left behind, and everything that was acknowledged has to be there.

  --rounds N   ${String(ROUNDS)} when it is not given, ${String(ROUNDS_OF_ALL)} with --all
  --seed S     what the rounds do follows from it: with the seed of a failure they do the same again. Random when it is not given
  --from N     begin with this round: to do again the one that failed, and those after it. The first is 1
  --verbose    tell what happens
`;

const whole = (name: string, text: string | undefined, least: number): number | undefined => {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least && value < 2 ** 32) return value;
  throw new UsageError(`--${name} is '${text}'; it must be a whole number from ${String(least)} to 4294967295`);
};

/** Reads the command line; undefined when help is asked for. @throws UsageError */
export const readOptions = (args: readonly string[], anySeed: () => number): Options | undefined => {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { rounds: text, seed: text, from: text, all: flag, verbose: flag, help: flag },
    });
    if (values.help === true) return undefined;
    return {
      rounds: whole('rounds', values.rounds, 1) ?? (values.all === true ? ROUNDS_OF_ALL : ROUNDS),
      seed: whole('seed', values.seed, 0) ?? anySeed(),
      from: whole('from', values.from, 1) ?? 1,
      verbose: values.verbose ?? false,
    };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError((error as Error).message);
  }
};
