import type { BoxOptions } from '@boxlite/core';
import { type Command, Option } from 'commander';
import type { Cli } from '../cli.js';
import { addCareOptions, type CareFlags, careOptions } from './care-flags.js';
import { collect } from './collect.js';
import { addConfinementOptions, type ConfinementFlags, confinementOptions, securityOption } from './confinement-flags.js';
import { compact } from './compact.js';
import { environment, labels } from './environment.js';
import { fromHere } from './from-here.js';
import { parseNumber } from './parse-number.js';
import { parseBytes, parseMib } from './parse-size.js';
import { volumes } from './volume-flags.js';

/** What `run` and `create` are given about a Box. */
export interface BoxFlags extends ConfinementFlags, CareFlags {
  name?: string;
  cpus?: number;
  memory?: number;
  disk?: number;
  diskReadBps?: number;
  diskWriteBps?: number;
  diskReadIops?: number;
  diskWriteIops?: number;
  env?: readonly string[];
  envFile?: readonly string[];
  workdir?: string;
  user?: string;
  hostname?: string;
  label?: readonly string[];
  volume?: readonly string[];
  mount?: readonly string[];
  capAdd?: readonly string[];
  capDrop?: readonly string[];
  network?: string;
  rootfs?: string;
  pull?: 'missing' | 'always' | 'never';
}

export const addBoxOptions = (command: Command): Command =>
  addCareOptions(addConfinementOptions(command))
    .option('--name <name>', 'name of the Box')
    .option('--cpus <number>', 'virtual CPUs (default: 1)', parseNumber)
    .option('-m, --memory <size>', 'memory, in MiB or with a unit: 512m, 2g (default: 512m)', parseMib)
    .option('--disk <size>', 'size of the writable disk, in MiB or with a unit (default: 4g)', parseMib)
    .option('--disk-read-bps <size>', 'most bytes read from each disk in a second: 10m (default: any number)', parseBytes)
    .option('--disk-write-bps <size>', 'most bytes written in a second', parseBytes)
    .option('--disk-read-iops <number>', 'most read operations in a second', parseNumber)
    .option('--disk-write-iops <number>', 'most write operations in a second', parseNumber)
    .option('-e, --env <name=value>', 'set an environment variable; a name alone takes its value from here', collect)
    .option('--env-file <file>', 'read environment variables from a file', collect)
    .option('-w, --workdir <dir>', 'working directory in the Box')
    .option('-u, --user <user[:group]>', 'user by name or id')
    .option('--hostname <name>', "host name of the Box (default: the Box's id)")
    .option('-l, --label <key=value>', 'label the Box', collect)
    .option('-v, --volume <source:target[:ro]>', 'have a path of this host, or a volume by its name, at a place in the Box', collect)
    .option('--mount <spec>', 'the same, as type=bind|volume,source=…,target=…[,readonly]', collect)
    .option('--cap-add <name>', 'add a Linux capability', collect)
    .option('--cap-drop <name>', 'drop a Linux capability', collect)
    .option('--network <mode>', "network of the Box; only 'none' is supported yet (default: none)")
    .option('--rootfs <path>', 'an OCI layout directory or an image archive, in place of an image from a registry')
    .addOption(
      new Option('--pull <when>', 'when to ask the registry for the image (default: missing)').choices(['missing', 'always', 'never']),
    );

const diskLimits = (flags: BoxFlags): BoxOptions['diskLimits'] => {
  const limits = compact<NonNullable<BoxOptions['diskLimits']>>({
    readBps: flags.diskReadBps,
    writeBps: flags.diskWriteBps,
    readIops: flags.diskReadIops,
    writeIops: flags.diskWriteIops,
  });
  return Object.keys(limits).length === 0 ? undefined : limits;
};

/** The flags as core's options. What is wrong with a value is core's to say. */
export const boxOptions = (
  flags: BoxFlags,
  image: Pick<BoxOptions, 'image' | 'rootfs'>,
  { env, cwd }: Pick<Cli, 'env' | 'cwd'>,
): BoxOptions => {
  const { capAdd, capDrop } = flags;
  return compact<BoxOptions>({
    ...image,
    name: flags.name,
    cpus: flags.cpus,
    memoryMib: flags.memory,
    diskSizeMib: flags.disk,
    diskLimits: diskLimits(flags),
    env: environment(flags, env, cwd),
    workingDir: flags.workdir,
    user: flags.user,
    hostname: flags.hostname,
    labels: labels(flags.label),
    volumes: volumes(flags)?.map((volume) => ('hostPath' in volume ? { ...volume, hostPath: fromHere(cwd, volume.hostPath) } : volume)),
    capabilities:
      capAdd === undefined && capDrop === undefined
        ? undefined
        : compact<NonNullable<BoxOptions['capabilities']>>({ add: capAdd, drop: capDrop }),
    ...confinementOptions(flags),
    security: securityOption(flags),
    ...careOptions(flags),
    // Core refuses every other mode than 'none' by name.
    network: flags.network === undefined ? undefined : { mode: flags.network as 'none' },
  });
};
