import type { Command, Option } from 'commander';
import { type NamePlace, namePlaces } from './name-kind.js';

/** An option as a shell needs to know it. */
export interface OptionModel {
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** What the value can be; empty when that is open. */
  readonly choices: readonly string[];
}

/** A command as a shell needs to know it. */
export interface CommandModel {
  /** `['image', 'prune']`; empty for `boxlite` itself. */
  readonly path: readonly string[];
  readonly description: string;
  readonly options: readonly OptionModel[];
  /** An alias is a command like any other. */
  readonly commands: readonly CommandModel[];
  /** What its arguments can be; empty when that is open. */
  readonly choices: readonly string[];
  /** Where names stand that the home has. */
  readonly names: readonly NamePlace[];
}

const optionModel = ({ long, short, description, required, optional, argChoices }: Option): OptionModel => ({
  flags: [short, long].filter((flag) => flag !== undefined),
  description,
  takesValue: required || optional,
  choices: argChoices ?? [],
});

/** Reads the commands and options from the command line itself, so that completions cannot fall behind it. */
export const commandModel = (command: Command, path: readonly string[] = []): CommandModel => {
  const help = command.createHelp();
  return {
    path,
    description: command.summary() || command.description(),
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    names: namePlaces(command),
    options: [...help.visibleOptions(command), ...globalOptions(command)].map(optionModel),
    commands: help
      .visibleCommands(command)
      .filter((each) => each.name() !== 'help')
      .flatMap((each) => [each.name(), ...each.aliases()].map((name) => commandModel(each, [...path, name]))),
  };
};

/** Known after the command's name, too, though its help lists them elsewhere. */
const globalOptions = (command: Command): readonly Option[] =>
  command.parent === null ? [] : command.options.filter(({ hidden, long }) => hidden && isGlobal(command, long));

const isGlobal = (command: Command, long: string | undefined): boolean => {
  let root = command;
  while (root.parent !== null) root = root.parent;
  return root.options.some((option) => option.long === long);
};

/** The command and all below it. */
export const allCommands = (model: CommandModel): CommandModel[] => [model, ...model.commands.flatMap(allCommands)];

/** The options that a value comes after. */
export const valuedFlags = (models: readonly CommandModel[]): string[] => [
  ...new Set(models.flatMap(({ options }) => options.filter(({ takesValue }) => takesValue).flatMap(({ flags }) => flags))),
];
