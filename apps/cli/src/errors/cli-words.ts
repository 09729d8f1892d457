/** The options of core that a flag sets, as they begin core's messages about them. */
const FLAGS: Readonly<Record<string, string>> = {
  name: '--name',
  count: '--count',
  labels: '--label',
  cpus: '--cpus',
  memoryMib: '--memory (in MiB)',
  diskSizeMib: '--disk (in MiB)',
  'diskLimits.readBps': '--disk-read-bps',
  'diskLimits.writeBps': '--disk-write-bps',
  'diskLimits.readIops': '--disk-read-iops',
  'diskLimits.writeIops': '--disk-write-iops',
  sizeMib: '--size (in MiB)',
  env: '--env',
  workingDir: '--workdir',
  user: '--user',
  hostname: '--hostname',
  'capabilities.add': '--cap-add',
  'capabilities.drop': '--cap-drop',
  readOnlyRoot: '--read-only',
  shmSizeMib: '--shm-size (in MiB)',
  ulimits: '--ulimit',
  sysctls: '--sysctl',
  pidsLimit: '--pids-limit',
  'rootfs.ociLayout': '--rootfs',
  'rootfs.archive': '--rootfs',
  home: '--home',
};

/** What core tells a program to do, as it ends its messages, and what that is for whoever types commands. */
const ADVICE: readonly (readonly [string, string])[] = [
  ["; list() and 'boxlite ps --all' show those that exist", "; 'boxlite ps --all' shows those that exist"],
  ["; volumes.list() and 'boxlite volume ls' show those that exist", "; 'boxlite volume ls' shows those that exist"],
  ["; list() and 'boxlite snapshot ls' show those that exist", "; 'boxlite snapshot ls' shows those that exist"],
  ["; use { mode: 'none' }", '; use --network none'],
  ['; resume it first', "; 'boxlite unpause' lets it go on"],
  ['; stop it first, or remove it with force', '; stop it first, or remove it with --force'],
  [
    ': repair them and open the home again, or remove the Box with force',
    ": repair them and run the command again, or remove the Box with 'boxlite rm --force'",
  ],
  [': restore it with { memory: false }', ': restore it with --disk-only'],
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
