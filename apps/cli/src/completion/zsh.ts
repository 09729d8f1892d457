import { allCommands, type CommandModel, valuedFlags } from './command-model.js';
import { NAMES_COMMAND } from './name-kind.js';

const quote = (text: string): string => `'${text.replace(/'/g, `'\\''`)}'`;
/** `_describe` splits an entry at its first colon. */
const entry = (word: string, description: string): string => quote(`${word.replace(/:/g, '\\:')}:${description}`);

const branch = (model: CommandModel): string => {
  const commands = [...model.commands.map(({ path, description }) => entry(path.at(-1) ?? '', description)), ...model.choices.map(quote)];
  const options = model.options.flatMap(({ flags, description }) => flags.map((flag) => entry(flag, description)));
  return `    ${quote(['boxlite', ...model.path].join(' '))})
      commands=(${commands.join(' ')})
      options=(${options.join(' ')})
      ;;`;
};

const kinds = (model: CommandModel): string[] =>
  model.names.map(
    ({ at, on, kind }) => `    ${quote(`${['boxlite', ...model.path].join(' ')} `)}${on ? '*' : String(at)}) kind=${kind} ;;`,
  );

export const zshCompletion = (root: CommandModel): string => {
  const models = allCommands(root);
  const valued = valuedFlags(models).join('|');
  const choices = new Map(
    models.flatMap(({ options }) => options.filter((option) => option.choices.length > 0)).map((option) => [option.flags.at(-1), option]),
  );
  return `#compdef boxlite
# zsh completion of boxlite: eval "$(boxlite completion zsh)"
_boxlite() {
  local -a commands options arguments_ names
  local path_=boxlite word option='' home='' kind=''
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if [[ -n $option ]]; then
      [[ $option != --home ]] || home=\${(Q)word}
      option=''
      continue
    fi
    case $word in
      --home=*) home=\${(Q)word#--home=}; continue ;;
      ${valued}) option=$word; continue ;;
      -*) continue ;;
    esac
    case "$path_ $word" in
${models
  .filter(({ path }) => path.length > 0)
  .map(({ path }) => `      ${quote(['boxlite', ...path].join(' '))}) path_="$path_ $word" ;;`)
  .join('\n')}
      *) arguments_+=("\${(Q)word}") ;;
    esac
  done
  case \${words[CURRENT-1]} in
${[...choices.values()].map(({ flags, choices: values }) => `    ${flags.join('|')}) compadd -- ${values.map(quote).join(' ')}; return ;;`).join('\n')}
    ${valued}) _files; return ;;
  esac
  case $path_ in
${models.map(branch).join('\n')}
  esac
  case "$path_ \${#arguments_}" in
${models.flatMap(kinds).join('\n')}
  esac
  (( \${#commands} )) && _describe command commands
  if [[ -n $kind && \${words[CURRENT]} != -* ]]; then
    names=(\${(f)"$(boxlite --quiet \${home:+--home} \${home:+\${home/#\\~\\//$HOME/}} ${NAMES_COMMAND} $kind "\${(@)arguments_[1,1]}" 2>/dev/null)"})
    compadd -- $names
    return
  fi
  if [[ \${words[CURRENT]} == -* ]]; then _describe -o option options; else _files; fi
}
compdef _boxlite boxlite
`;
};
