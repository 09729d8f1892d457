import type { BoxOptions, ConfinementOptions, Ulimit } from '@boxlite/core';
import type { Command } from 'commander';
import { CliError } from '../errors/cli-error.js';
import { collect } from './collect.js';
import { compact } from './compact.js';
import { parseNumber } from './parse-number.js';
import { parseMib } from './parse-size.js';

/** What `run` and `create` are given about what a Box's container may do and use. */
export interface ConfinementFlags {
  readOnly?: boolean;
  shmSize?: number;
  ulimit?: readonly string[];
  sysctl?: readonly string[];
  pidsLimit?: number;
  securityOpt?: readonly string[];
  security?: string;
}

export const addConfinementOptions = (command: Command): Command =>
  command
    .option('--read-only', 'make the root file system read-only')
    .option('--shm-size <size>', 'size of /dev/shm, in MiB or with a unit (default: 64m)', parseMib)
    .option('--ulimit <name=soft[:hard]>', 'resource limit of each process; -1 is no limit', collect)
    .option('--sysctl <name=value>', "set a kernel parameter of the container's own namespaces", collect)
    .option('--pids-limit <number>', 'most processes and threads; -1 is no limit (default: -1)', parseNumber)
    .option('--security-opt <option>', "'no-new-privileges', or 'seccomp=unconfined'", collect)
    .option('--security <layers>', "what the jail around the VM must have: 'default', 'strict', or layers (default: what the host offers)");

const split = (text: string, flag: string, form: string): [string, string] => {
  const at = text.indexOf('=');
  if (at <= 0) throw new CliError(`${flag} is given '${text}'`, `It has the form ${form}.`);
  return [text.slice(0, at), text.slice(at + 1)];
};

const count = (text: string | undefined, whole: string): number => {
  if (text === undefined || !/^(-1|\d+)$/.test(text))
    throw new CliError(`--ulimit is given '${whole}'`, 'It has the form nofile=1024:4096.');
  return Number(text);
};

const ulimits = (list: readonly string[]): Record<string, Ulimit> =>
  Object.fromEntries(
    list.map((text) => {
      const [name, values] = split(text, '--ulimit', 'nofile=1024:4096');
      const [soft, hard = soft, ...rest] = values.split(':');
      if (rest.length > 0) throw new CliError(`--ulimit is given '${text}'`, 'It has the form nofile=1024:4096.');
      return [name, { soft: count(soft, text), hard: count(hard, text) }];
    }),
  );

/** Docker has `:` and `=` here, and takes a flag without a value as true. */
const security = (list: readonly string[]): Pick<ConfinementOptions, 'noNewPrivileges' | 'seccomp'> => {
  const result: Pick<ConfinementOptions, 'noNewPrivileges' | 'seccomp'> = {};
  for (const option of list) {
    switch (option.replace(':', '=')) {
      case 'no-new-privileges':
      case 'no-new-privileges=true':
        result.noNewPrivileges = true;
        break;
      case 'no-new-privileges=false':
        result.noNewPrivileges = false;
        break;
      case 'seccomp=unconfined':
        result.seccomp = 'unconfined';
        break;
      default:
        throw new CliError(`--security-opt is given '${option}'`, "There are 'no-new-privileges' and 'seccomp=unconfined'.");
    }
  }
  return result;
};

/** The flags as core's options. */
export const confinementOptions = ({ readOnly, shmSize, ulimit, sysctl, pidsLimit, securityOpt }: ConfinementFlags): ConfinementOptions =>
  compact<ConfinementOptions>({
    readOnlyRoot: readOnly,
    shmSizeMib: shmSize,
    // Core refuses names that are none.
    ulimits: ulimit === undefined ? undefined : ulimits(ulimit),
    sysctls:
      sysctl === undefined ? undefined : Object.fromEntries(sysctl.map((text) => split(text, '--sysctl', 'net.core.somaxconn=1024'))),
    pidsLimit: pidsLimit === -1 || pidsLimit === 0 ? undefined : pidsLimit,
    ...security(securityOpt ?? []),
  });

/** What of the jail is required. Core refuses names that are none. */
export const securityOption = ({ security }: Pick<ConfinementFlags, 'security'>): NonNullable<BoxOptions['security']> | undefined =>
  security === undefined || security === 'default' ? undefined : (security.split(',') as NonNullable<BoxOptions['security']>);
