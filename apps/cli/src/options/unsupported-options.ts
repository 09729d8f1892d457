import { type Command, Option } from 'commander';
import { CliError } from '../errors/cli-error.js';

interface Refused {
  flags: string;
  what: string;
  instead: string;
}

const TTY: Refused = { flags: '-t, --tty', what: 'a terminal for the command (-t)', instead: 'Leave -t out; -i alone forwards stdin.' };

/** What Docker has and BoxLite has not yet; known here so that it is refused by name and not as a spelling mistake. */
export const REFUSED_BY_RUN: readonly Refused[] = [
  TTY,
  { flags: '-d, --detach', what: 'run in the background (-d)', instead: "Use 'boxlite create', 'boxlite start' and 'boxlite exec'." },
  { flags: '-v, --volume <spec>', what: 'a volume (-v)', instead: 'Pass files through stdin and stdout.' },
  { flags: '-p, --publish <spec>', what: 'a published port (-p)', instead: 'A Box has no network yet.' },
];

export const REFUSED_BY_CREATE: readonly Refused[] = REFUSED_BY_RUN.filter(({ flags }) => !flags.includes('--detach'));

export const REFUSED_BY_EXEC: readonly Refused[] = [
  TTY,
  { flags: '-d, --detach', what: 'exec in the background (-d)', instead: 'Leave -d out.' },
];

/** Adds options, hidden from the help, whose use ends in an error that says what to do instead. */
export const refuse = (command: Command, refused: readonly Refused[]): Command => {
  for (const { flags, what, instead } of refused) {
    const option = new Option(flags).hideHelp();
    command.addOption(option);
    command.on(`option:${option.name()}`, () => {
      throw new CliError(`${what} is not supported by this version of BoxLite`, instead);
    });
  }
  return command;
};
