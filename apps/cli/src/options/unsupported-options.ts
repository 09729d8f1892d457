import { type Command, Option } from 'commander';
import { CliError } from '../errors/cli-error.js';

interface Refused {
  flags: string;
  what: string;
  instead: string;
}

/** What Docker has and BoxLite has not yet; known here so that it is refused by name and not as a spelling mistake. */
export const REFUSED_BY_RUN: readonly Refused[] = [
  { flags: '-p, --publish <spec>', what: 'a published port (-p)', instead: 'A Box has no network yet.' },
];

export const REFUSED_BY_EXEC: readonly Refused[] = [
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
