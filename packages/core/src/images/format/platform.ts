import { BoxliteError } from '@boxlite/shared';
import { asString, type JsonObject, optional } from './json.js';

/** What an image is built for, in Go's words: `linux/amd64`, `linux/arm/v7`. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

/** The platform whose guests run here. */
export const hostPlatform = (): Platform => ({ os: 'linux', architecture: ARCHITECTURES[process.arch] ?? process.arch });

export const formatPlatform = ({ os, architecture, variant }: Platform): string =>
  variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;

/** @throws BoxliteError `InvalidArgument` */
export const parsePlatform = (text: string): Platform => {
  const match = /^([a-z0-9]+)\/([a-z0-9_]+)(?:\/([a-z0-9._]+))?$/.exec(text);
  if (match === null) {
    throw new BoxliteError(
      'InvalidArgument',
      `platform ${JSON.stringify(text)} is not valid; write os/architecture[/variant], such as linux/amd64`,
    );
  }
  const [, os = '', architecture = '', variant] = match;
  return variant === undefined ? { os, architecture } : { os, architecture, variant };
};

/** Reads `platform` of a descriptor, or the same fields of an image's configuration. */
export const readPlatform = (value: JsonObject, what: string): Platform | undefined => {
  const os = optional(value['os'], (entry) => asString(entry, what, 'os'));
  const architecture = optional(value['architecture'], (entry) => asString(entry, what, 'architecture'));
  const variant = optional(value['variant'], (entry) => asString(entry, what, 'variant'));
  if (!os || !architecture) return undefined;
  return variant ? { os, architecture, variant } : { os, architecture };
};

/** The variant that a bare architecture stands for. */
const BASELINE: Readonly<Record<string, string>> = { amd64: 'v1', arm64: 'v8', arm: 'v7' };

const variantOf = ({ architecture, variant }: Platform): string => variant ?? BASELINE[architecture] ?? '';

/**
 * How well `offered` suits `wanted`: 0 is exact, more is worse, undefined is not at all.
 * A lower variant runs on a higher machine. A higher one is taken only when nothing was said about the variant: the guest's CPU has all that its host has.
 */
export const platformDistance = (wanted: Platform, offered: Platform): number | undefined => {
  if (wanted.os !== offered.os || wanted.architecture !== offered.architecture) return undefined;
  const [want, have] = [variantOf(wanted), variantOf(offered)];
  if (want === have) return 0;
  const difference = Number(want.slice(1)) - Number(have.slice(1));
  if (!Number.isFinite(difference)) return undefined;
  if (difference > 0) return difference;
  return wanted.variant === undefined && wanted.architecture === 'amd64' ? 100 - difference : undefined;
};
