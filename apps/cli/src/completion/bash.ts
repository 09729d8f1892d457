import { allCommands, type CommandModel, valuedFlags } from './command-model.js';
import { NAMES_COMMAND } from './name-kind.js';

const name = (model: CommandModel): string => ['boxlite', ...model.path].join(' ');

/** Branches of a `case` over the command and how many arguments it has so far: which names may come next. */
const places = (models: readonly CommandModel[]): string[] =>
  models.flatMap((model) => model.names.map(({ at, on, kind }) => `    '${name(model)} '${on ? '*' : String(at)}) kind=${kind} ;;`));

/**
 * Which word is a command is found by walking the line; values of options are completed by what the option takes, names by those that the
 * home has. Bash splits words at colons, which are put together again.
 */
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
  const valued = valuedFlags(models).join(' | ');
  return `# bash completion of boxlite: eval "$(boxlite completion bash)"
_boxlite() {
  local typed=() arguments=() word path=boxlite option='' home='' kind='' words='' current previous
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
    if ((\${#typed[@]} > 1)) && [[ $word == :* || \${typed[-1]} == *: ]]; then typed[-1]+=$word; else typed+=("$word"); fi
  done
  current=\${typed[-1]} previous=\${typed[-2]}
  for word in "\${typed[@]:1:\${#typed[@]}-2}"; do
    if [[ -n $option ]]; then
      [[ $word != '=' ]] || continue
      [[ $option != --home ]] || home=$word
      option=''
      continue
    fi
    case $word in
      ${valued}) option=$word; continue ;;
      -*) continue ;;
    esac
    case "$path $word" in
${models
  .filter(({ path }) => path.length > 0)
  .map((model) => `      '${name(model)}') path='${name(model)}' ;;`)
  .join('\n')}
      *) arguments+=("$word") ;;
    esac
  done
  case $previous in
${choices.map(({ flags, choices: values }) => `    ${flags.join(' | ')}) COMPREPLY=($(compgen -W '${values.join(' ')}' -- "$current")); return ;;`).join('\n')}
    ${valued}) return ;;
  esac
  case $path in
${models.map((model) => `    '${name(model)}') words='${[...model.commands.map(({ path }) => path.at(-1)), ...model.choices, ...model.options.flatMap(({ flags }) => flags)].join(' ')}' ;;`).join('\n')}
  esac
  case "$path \${#arguments[@]}" in
${places(models).join('\n')}
  esac
  if [[ -n $kind && $current != -* ]]; then
    words+=" $(boxlite --quiet \${home:+--home "\${home/#~\//$HOME/}"} ${NAMES_COMMAND} "$kind" "\${arguments[@]:0:1}" 2>/dev/null)"
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ $current != *:* || $COMP_WORDBREAKS != *:* ]] || COMPREPLY=("\${COMPREPLY[@]#"\${current%"\${current##*:}"}"}")
}
complete -o bashdefault -o default -F _boxlite boxlite
`;
};
