import { posix, resolve } from 'node:path';
import { BoxliteError } from '@boxlite/shared';

/** A directory or regular file of the host, as it is, at a place in the Box. */
export interface HostVolume {
  /** Must exist when the Box is started; links in it are followed then. A relative path is of the working directory. */
  hostPath: string;
  /** Absolute; made in the Box when missing. */
  boxPath: string;
  /** Whether the host's kernel refuses all that the Box writes there. @defaultValue false */
  readOnly?: boolean;
}

/** A volume of the home, which outlives the Box; see `BoxliteRuntime.volumes`. */
export interface NamedVolume {
  /** Made, empty and of 4096 MiB at most, when the home has none of this name. */
  name: string;
  /** Absolute; made in the Box when missing. */
  boxPath: string;
  /** @defaultValue false */
  readOnly?: boolean;
}

/** A volume as a Box's configuration keeps it. */
export type BoxVolume = { hostPath: string; boxPath: string; readOnly: boolean } | { name: string; boxPath: string; readOnly: boolean };

export const isNamed = (volume: BoxVolume): volume is Extract<BoxVolume, { name: string }> => 'name' in volume;

const MAX_HOST_VOLUMES = 200;
/** Each is a disk of the machine. */
const MAX_NAMED_VOLUMES = 16;

const MAX_PATH = 4095; // PATH_MAX (limits.h) without its NUL
/** What the container cannot be without. */
const OWN_PLACES = ['/proc', '/sys', '/dev'];
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/;

const invalid = (message: string): BoxliteError => new BoxliteError('InvalidArgument', message);

/** @throws BoxliteError `InvalidArgument` saying what a name may be. */
export const checkVolumeName = (name: unknown, what = 'name'): string => {
  if (typeof name === 'string' && NAME.test(name)) return name;
  throw invalid(
    `${what} is ${JSON.stringify(name)}; a volume's name starts with a letter or digit and has letters, digits, _, . and - only, at most 128`,
  );
};

const path = (value: unknown, what: string): string => {
  if (typeof value === 'string' && value !== '' && !value.includes('\0') && Buffer.byteLength(value) <= MAX_PATH) return value;
  throw invalid(`${what} is ${JSON.stringify(value)}; it must be a path of at most ${String(MAX_PATH)} bytes`);
};

const place = (value: unknown, what: string): string => {
  const given = path(value, what);
  if (!given.startsWith('/')) throw invalid(`${what} is ${JSON.stringify(given)}; it must be an absolute path in the Box`);
  const normal = posix.normalize(given).replace(/(?<=.)\/$/, '');
  if (normal === '/') throw invalid(`${what} is '/'; the root of a Box is its image, so name a directory beneath it`);
  const own = OWN_PLACES.find((each) => normal === each || normal.startsWith(`${each}/`));
  if (own !== undefined) throw invalid(`${what} is '${given}'; ${own} is the Box's own`);
  return normal;
};

const checkVolume = (volume: unknown, what: string): BoxVolume => {
  if (typeof volume !== 'object' || volume === null || Array.isArray(volume))
    throw invalid(`${what} is ${JSON.stringify(volume)}; it must be { hostPath, boxPath } or { name, boxPath }`);
  const { hostPath, name, boxPath, readOnly = false, ...rest } = volume as Partial<HostVolume & NamedVolume>;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) throw invalid(`there is no option '${unknown}' in ${what}; there are hostPath, name, boxPath, readOnly`);
  if (typeof readOnly !== 'boolean') throw invalid(`${what}.readOnly is ${JSON.stringify(readOnly)}; it must be true or false`);
  if ((hostPath === undefined) === (name === undefined)) throw invalid(`${what} must have either a hostPath or a name`);
  const common = { boxPath: place(boxPath, `${what}.boxPath`), readOnly };
  if (name !== undefined) return { name: checkVolumeName(name, `${what}.name`), ...common };
  // Absolute, since the next process may stand elsewhere.
  return { hostPath: resolve(path(hostPath, `${what}.hostPath`)), ...common };
};

/**
 * Checks a Box's volumes. They come in the order in which they are mounted: what lies in another one after that.
 * @throws BoxliteError `InvalidArgument` naming the volume, its value and what is allowed.
 */
export const checkVolumes = (volumes: unknown): BoxVolume[] => {
  if (volumes === undefined) return [];
  if (!Array.isArray(volumes)) throw invalid(`volumes is ${JSON.stringify(volumes)}; it must be a list`);
  const checked = volumes.map((volume, index) => checkVolume(volume, `volumes[${String(index)}]`));
  const places = checked.map(({ boxPath }) => boxPath);
  const twice = places.find((each, index) => places.indexOf(each) !== index);
  if (twice !== undefined) throw invalid(`two volumes have the boxPath '${twice}'; a place takes one`);
  const named = checked.filter(isNamed);
  const shared = named.find(({ name }, index) => named.findIndex((other) => other.name === name) !== index);
  if (shared !== undefined) throw invalid(`the volume '${shared.name}' is named twice; a Box has it at one place`);
  if (named.length > MAX_NAMED_VOLUMES)
    throw invalid(`there are ${String(named.length)} named volumes; a Box has at most ${String(MAX_NAMED_VOLUMES)}`);
  if (checked.length - named.length > MAX_HOST_VOLUMES)
    throw invalid(`there are ${String(checked.length - named.length)} volumes of the host; a Box has at most ${String(MAX_HOST_VOLUMES)}`);
  return checked.toSorted((a, b) => a.boxPath.split('/').length - b.boxPath.split('/').length);
};
