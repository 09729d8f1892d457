/** The settings of a configuration fragment: its lines without empty ones and comments; `# CONFIG_X is not set` is a setting. */
const settings = (fragment: string): string[] =>
  fragment.split('\n').filter((line) => line.startsWith('CONFIG_') || /^# CONFIG_\w+ is not set$/.test(line));

/** A setting's name, and its value as the kernel's `.config` has it; none for an option that is off. */
const parse = (setting: string): { name: string; value: string | undefined } => {
  const off = /^# (CONFIG_\w+) is not set$/.exec(setting)?.[1];
  if (off !== undefined) return { name: off, value: undefined };
  const at = setting.indexOf('=');
  return { name: setting.slice(0, at), value: setting.slice(at + 1) };
};

/**
 * The settings of a fragment that a finished configuration does not have, each with what it has instead.
 * The kernel's own tools drop without a word what depends on something that is off.
 */
export const lostSettings = (fragment: string, config: string): string[] => {
  const had = new Map(settings(config).map((line) => [parse(line).name, parse(line).value]));
  return settings(fragment).flatMap((setting) => {
    const { name, value } = parse(setting);
    const instead = had.get(name);
    return instead === value ? [] : [`${setting} (is ${instead ?? 'not set'})`];
  });
};

/** Options that a fragment names more than once: the last line would win, whatever the first one says. */
export const repeatedOptions = (fragment: string): string[] => {
  const names = settings(fragment).map((setting) => parse(setting).name);
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
};
