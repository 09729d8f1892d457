import { allCommands, type CommandModel, type OptionModel } from './command-model.js';

const quote = (text: string): string => `'${text.replace(/[\\']/g, (char) => `\\${char}`)}'`;

const condition = (model: CommandModel): string =>
  model.path.length === 0 ? '__fish_use_subcommand' : model.path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');

const option = ({ flags, description, takesValue, choices }: OptionModel): string =>
  [
    ...flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)),
    ...(choices.length > 0 ? [`-x -a ${quote(choices.join(' '))}`] : takesValue ? ['-r'] : []),
    `-d ${quote(description)}`,
  ].join(' ');

export const fishCompletion = (root: CommandModel): string =>
  [
    '# fish completion of boxlite: boxlite completion fish | source',
    ...allCommands(root).flatMap((model) => {
      const when = `complete -c boxlite -n ${quote(condition(model))}`;
      return [
        ...model.commands.map(({ path, description }) => `${when} -f -a ${path.at(-1) ?? ''} -d ${quote(description)}`),
        ...(model.choices.length > 0 ? [`${when} -f -a ${quote(model.choices.join(' '))}`] : []),
        ...model.options.map((each) => `${when} ${option(each)}`),
      ];
    }),
    '',
  ].join('\n');
