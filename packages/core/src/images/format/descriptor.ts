import { isDigest } from './digest.js';
import { asObject, asSize, asString, isObject, type JsonObject, malformed, optional } from './json.js';
import { type Platform, readPlatform } from './platform.js';

/** Names a blob by what it holds (image-spec, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/** An index's entry: a descriptor with what helps to choose it. */
export interface IndexEntry extends Descriptor {
  readonly platform: Platform | undefined;
  readonly annotations: Readonly<Record<string, string>>;
}

export const readDescriptor = (value: unknown, what: string, field: string): Descriptor => {
  const entry = asObject(value, what, field);
  const digest = entry['digest'];
  if (!isDigest(digest)) throw malformed(what, `${field} has no valid sha256 digest`);
  return {
    mediaType: optional(entry['mediaType'], (type) => asString(type, what, `${field}.mediaType`)) ?? '',
    digest,
    size: asSize(entry['size'], what, `${field}.size`),
  };
};

const readAnnotations = (entry: JsonObject): Record<string, string> => {
  const annotations = entry['annotations'];
  if (!isObject(annotations)) return {};
  return Object.fromEntries(Object.entries(annotations).filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
};

export const readIndexEntry = (value: unknown, what: string, field: string): IndexEntry => {
  const entry = asObject(value, what, field);
  return {
    ...readDescriptor(value, what, field),
    platform: optional(entry['platform'], (platform) => readPlatform(asObject(platform, what, `${field}.platform`), what)),
    annotations: readAnnotations(entry),
  };
};
