import { type Command, Option } from 'commander';

/** What every command takes, before or after its name. */
export interface GlobalOptions {
  home?: string;
  accelerator?: 'auto' | 'kvm' | 'hvf' | 'tcg';
  isolation?: 'any' | 'hardware';
  quiet?: boolean;
  debug?: boolean;
}

const OPTIONS = (): Option[] => [
  new Option('--home <dir>', 'home directory of Boxes and images (default: $BOXLITE_HOME or ~/.boxlite)'),
  new Option('--accelerator <name>', 'what runs the guest (default: the best that works here)').choices(['auto', 'kvm', 'hvf', 'tcg']),
  new Option('--isolation <kind>', "'hardware' refuses to run a Box that only an emulator would isolate").choices(['any', 'hardware']),
  new Option('-q, --quiet', 'show no progress, and ids only in lists'),
  new Option('--debug', 'print where a failure came from'),
];

export const addGlobalOptions = (program: Command): void => {
  for (const option of OPTIONS()) program.addOption(option);
};

/** Makes the same options known after a command's name; its help lists them once, as global ones. */
export const addHiddenGlobalOptions = (command: Command): void => {
  for (const option of OPTIONS()) command.addOption(option.hideHelp());
};
