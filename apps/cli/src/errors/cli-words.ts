/** The options of core that a flag sets, as they begin core's messages about them. */
const FLAGS: Readonly<Record<string, string>> = {
  name: '--name',
  labels: '--label',
  cpus: '--cpus',
  memoryMib: '--memory (in MiB)',
  diskSizeMib: '--disk (in MiB)',
  env: '--env',
  workingDir: '--workdir',
  user: '--user',
  hostname: '--hostname',
  'capabilities.add': '--cap-add',
  'capabilities.drop': '--cap-drop',
  'rootfs.ociLayout': '--rootfs',
  'rootfs.archive': '--rootfs',
  home: '--home',
};

/** What core tells a program to do, as it ends its messages, and what that is for whoever types commands. */
const ADVICE: readonly (readonly [string, string])[] = [
  ["; list() and 'boxlite ps --all' show those that exist", "; 'boxlite ps --all' shows those that exist"],
  ["; use { mode: 'none' }", '; use --network none'],
];

const BEGINNING = /^([a-zA-Z]+(?:\.[a-zA-Z]+)?)(?= is |: )/;
/** A variable's name may hold anything but `=`, also ` is `. */
const VARIABLE = /^env\.(?=[^ ])/;

/**
 * A message of core's in the words of the command line: flags in place of options. Only the beginning and the end are looked at, as what is
 * between them may be the user's own text.
 */
export const inCliWords = (message: string): string => {
  const begun = VARIABLE.test(message)
    ? message.replace(VARIABLE, '--env ')
    : message.replace(BEGINNING, (name) => (Object.hasOwn(FLAGS, name) ? (FLAGS[name] as string) : name));
  const [ending, advice] = ADVICE.find(([each]) => begun.endsWith(each)) ?? ['', ''];
  return begun.slice(0, begun.length - ending.length) + advice;
};
