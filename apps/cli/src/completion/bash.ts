import { allCommands, type CommandModel } from './command-model.js';

const name = (model: CommandModel): string => ['boxlite', ...model.path].join(' ');

/** Which word is a command is found by walking the line; values of options are completed by what the option takes. */
export const bashCompletion = (root: CommandModel): string => {
  const models = allCommands(root);
  const choices = [
    ...new Map(
      models
        .flatMap(({ options }) => options)
        .filter((option) => option.choices.length > 0)
        .map((option) => [option.flags.at(-1), option]),
    ).values(),
  ];
  const valued = [
    ...new Set(models.flatMap(({ options }) => options.filter(({ takesValue }) => takesValue).flatMap(({ flags }) => flags))),
  ];
  return `# bash completion of boxlite: eval "$(boxlite completion bash)"
_boxlite() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path=boxlite words='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path \${COMP_WORDS[i]}" in
${models
  .filter(({ path }) => path.length > 0)
  .map((model) => `      '${name(model)}') path='${name(model)}' ;;`)
  .join('\n')}
    esac
  done
  case $previous in
${choices.map(({ flags, choices: values }) => `    ${flags.join(' | ')}) COMPREPLY=($(compgen -W '${values.join(' ')}' -- "$current")); return ;;`).join('\n')}
    ${valued.join(' | ')}) return ;;
  esac
  case $path in
${models.map((model) => `    '${name(model)}') words='${[...model.commands.map(({ path }) => path.at(-1)), ...model.choices, ...model.options.flatMap(({ flags }) => flags)].join(' ')}' ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o bashdefault -o default -F _boxlite boxlite
`;
};
