import { Argument, Command } from 'commander';
import type { Cli } from '../cli.js';
import { bashCompletion } from '../completion/bash.js';
import { commandModel } from '../completion/command-model.js';
import { fishCompletion } from '../completion/fish.js';
import { zshCompletion } from '../completion/zsh.js';
import { print } from '../output/print.js';

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

/** `boxlite completion`: what teaches a shell to complete `boxlite` commands. */
export const completionCommand = (cli: Cli): Command =>
  new Command('completion')
    .summary('print completions for a shell')
    .description('Print what teaches a shell to complete boxlite commands and options.')
    .addArgument(new Argument('<shell>').choices(Object.keys(SHELLS)))
    .addHelpText(
      'after',
      '\nExamples:\n  eval "$(boxlite completion bash)"\n  eval "$(boxlite completion zsh)"\n  boxlite completion fish | source',
    )
    .action((shell: keyof typeof SHELLS, _flags: object, command: Command) => {
      let root = command;
      while (root.parent !== null) root = root.parent;
      return print(cli.stdout, SHELLS[shell](commandModel(root)));
    });
