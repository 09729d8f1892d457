import { allCommands, type CommandModel, type OptionModel, valuedFlags } from './command-model.js';
import { NAMES_COMMAND } from './name-kind.js';

const quote = (text: string): string => `'${text.replace(/[\\']/g, (char) => `\\${char}`)}'`;

const name = ({ path }: CommandModel): string => ['boxlite', ...path].join(' ');

const option = ({ flags, description, takesValue, choices }: OptionModel): string =>
  [
    ...flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)),
    ...(choices.length > 0 ? [`-x -a ${quote(choices.join(' '))}`] : takesValue ? ['-r'] : []),
    `-d ${quote(description)}`,
  ].join(' ');

/** Which command a line is of, `rm` is one in `boxlite rm` and another in `boxlite snapshot rm`; its arguments so far; and its home. */
const lineFunction = (models: readonly CommandModel[]): string => `function __boxlite_line
  set -g __boxlite_path boxlite
  set -g __boxlite_arguments
  set -g __boxlite_home
  set -l words (commandline -opc)
  set -e words[1]
  set -l option
  for word in $words
    if test -n "$option"
      test "$option" = --home; and set -g __boxlite_home --home $word
      set option
      continue
    end
    switch $word
      case ${valuedFlags(models).join(' ')}
        set option $word
        continue
      case '--home=*'
        set -g __boxlite_home $word
        continue
      case '-*'
        continue
    end
    switch "$__boxlite_path $word"
      case ${models
        .filter(({ path }) => path.length > 0)
        .map((model) => quote(name(model)))
        .join(' ')}
        set -g __boxlite_path "$__boxlite_path $word"
      case '*'
        set -a __boxlite_arguments $word
    end
  end
end
function __boxlite_command
  __boxlite_line
  test "$__boxlite_path" = "$argv"
end
function __boxlite_at
  __boxlite_command $argv[1]; and test (count $__boxlite_arguments) $argv[2] $argv[3]
end
function __boxlite_names
  __boxlite_line
  boxlite --quiet $__boxlite_home ${NAMES_COMMAND} $argv $__boxlite_arguments[1] 2>/dev/null
end`;

export const fishCompletion = (root: CommandModel): string =>
  [
    '# fish completion of boxlite: boxlite completion fish | source',
    lineFunction(allCommands(root)),
    ...allCommands(root).flatMap((model) => {
      const when = `complete -c boxlite -n ${quote(`__boxlite_command ${name(model)}`)}`;
      return [
        ...model.commands.map(({ path, description }) => `${when} -f -a ${path.at(-1) ?? ''} -d ${quote(description)}`),
        ...(model.choices.length > 0 ? [`${when} -f -a ${quote(model.choices.join(' '))}`] : []),
        ...model.names.map(
          ({ at, on, kind }) =>
            `complete -c boxlite -n ${quote(`__boxlite_at '${name(model)}' ${on ? '-ge' : '-eq'} ${String(at)}`)} -f -a '(__boxlite_names ${kind})'`,
        ),
        ...model.options.map((each) => `${when} ${option(each)}`),
      ];
    }),
    '',
  ].join('\n');
