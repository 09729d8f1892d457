import { allCommands, type CommandModel, type OptionModel } from './command-model.js';

const quote = (text: string): string => `'${text.replace(/[\\']/g, (char) => `\\${char}`)}'`;

const name = ({ path }: CommandModel): string => ['boxlite', ...path].join(' ');

const option = ({ flags, description, takesValue, choices }: OptionModel): string =>
  [
    ...flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)),
    ...(choices.length > 0 ? [`-x -a ${quote(choices.join(' '))}`] : takesValue ? ['-r'] : []),
    `-d ${quote(description)}`,
  ].join(' ');

/** Which command a line is of: `rm` is one in `boxlite rm`, and another in `boxlite snapshot rm`. */
const pathFunction = (models: readonly CommandModel[]): string => `function __boxlite_command
  set -l words (commandline -opc)
  set -e words[1]
  set -l path boxlite
  for word in $words
    switch "$path $word"
      case ${models.map((model) => quote(name(model))).join(' ')}
        set path "$path $word"
    end
  end
  test "$path" = "$argv"
end`;

export const fishCompletion = (root: CommandModel): string =>
  [
    '# fish completion of boxlite: boxlite completion fish | source',
    pathFunction(allCommands(root).filter(({ path }) => path.length > 0)),
    ...allCommands(root).flatMap((model) => {
      const when = `complete -c boxlite -n ${quote(`__boxlite_command ${name(model)}`)}`;
      return [
        ...model.commands.map(({ path, description }) => `${when} -f -a ${path.at(-1) ?? ''} -d ${quote(description)}`),
        ...(model.choices.length > 0 ? [`${when} -f -a ${quote(model.choices.join(' '))}`] : []),
        ...model.options.map((each) => `${when} ${option(each)}`),
      ];
    }),
    '',
  ].join('\n');
