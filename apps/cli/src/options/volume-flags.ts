import type { BoxOptions } from '@boxlite/core';
import { CliError } from '../errors/cli-error.js';

type Volume = NonNullable<BoxOptions['volumes']>[number];

/** As for Docker: what looks like a path is one of the host, everything else is a volume's name. */
const from = (source: string, boxPath: string, readOnly: boolean): Volume =>
  source.includes('/') || source === '.' || source === '..' ? { hostPath: source, boxPath, readOnly } : { name: source, boxPath, readOnly };

/** `-v SOURCE:TARGET[:ro|rw]`. A colon in a path is for `--mount`. */
export const parseVolume = (spec: string): Volume => {
  const usage = "Use -v SOURCE:TARGET[:ro], where SOURCE is a path of this host or a volume's name.";
  const [source, target, options = 'rw', ...rest] = spec.split(':');
  if (source === undefined || source === '' || target === undefined || target === '' || rest.length > 0)
    throw new CliError(`'${spec}' is no volume`, usage);
  if (options !== 'ro' && options !== 'rw') throw new CliError(`'${options}' in '${spec}' is not known; there are ro and rw`, usage);
  return from(source, target, options === 'ro');
};

const KEYS: Readonly<Record<string, string>> = {
  type: 'type',
  source: 'source',
  src: 'source',
  target: 'target',
  destination: 'target',
  dst: 'target',
  readonly: 'readonly',
  ro: 'readonly',
};

const flag = (value: string, spec: string): boolean => {
  if (value === '' || value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw new CliError(`'readonly=${value}' in '${spec}' is neither true nor false`, 'Leave the value out to have it read-only.');
};

/** `--mount type=bind|volume,source=…,target=…[,readonly]`. */
export const parseMount = (spec: string): Volume => {
  const usage = 'Use --mount type=bind,source=PATH,target=PATH[,readonly] or --mount type=volume,source=NAME,target=PATH[,readonly].';
  const fields = new Map<string, string>();
  for (const part of spec.split(',')) {
    const at = part.indexOf('=');
    const name = at < 0 ? part : part.slice(0, at);
    const key = Object.hasOwn(KEYS, name) ? (KEYS[name] as string) : undefined;
    if (key === undefined || (at < 0 && key !== 'readonly')) throw new CliError(`'${part}' in '${spec}' is not known`, usage);
    if (fields.has(key)) throw new CliError(`'${key}' is given twice in '${spec}'`, usage);
    fields.set(key, at < 0 ? '' : part.slice(at + 1));
  }
  const { type = 'volume', source = '', target = '', readonly } = Object.fromEntries(fields) as Partial<Record<string, string>>;
  if (type !== 'bind' && type !== 'volume') throw new CliError(`there are no mounts of type '${type}'`, usage);
  if (source === '' || target === '') throw new CliError(`'${spec}' lacks a source or a target`, usage);
  const common = { boxPath: target, readOnly: readonly !== undefined && flag(readonly, spec) };
  return type === 'bind' ? { hostPath: source, ...common } : { name: source, ...common };
};

/** The volumes that both flags ask for; undefined for none. */
export const volumes = ({ volume = [], mount = [] }: { volume?: readonly string[]; mount?: readonly string[] }): Volume[] | undefined => {
  const all = [...volume.map(parseVolume), ...mount.map(parseMount)];
  return all.length === 0 ? undefined : all;
};
