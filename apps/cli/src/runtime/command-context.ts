import type { Command } from 'commander';
import type { GlobalOptions } from '../options/global-options.js';

/** A command's name as it is typed: `boxlite image prune`. */
export const commandPath = (command: Command): string => {
  const names: string[] = [];
  for (let each: Command | null = command; each !== null; each = each.parent) names.unshift(each.name());
  return names.join(' ');
};

/** The whole command line as it was typed. */
export const typedArguments = (command: Command): readonly string[] =>
  command.parent === null ? (command as Command & { rawArgs: readonly string[] }).rawArgs : typedArguments(command.parent);

/** The global options, whether given before or after the command's name; after it they are stronger. */
export const globalOptionsOf = (command: Command): GlobalOptions => {
  const own = command.opts<GlobalOptions>();
  return command.parent === null ? own : { ...globalOptionsOf(command.parent), ...own };
};
