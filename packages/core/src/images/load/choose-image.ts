import { BoxliteError } from '@boxlite/shared';
import { choosePlatform } from '../format/choose-platform.js';
import type { IndexEntry } from '../format/descriptor.js';
import type { Platform } from '../format/platform.js';
import { parseReference } from '../reference/parse-reference.js';
import { formatReference } from '../reference/reference.js';
import { REF_NAME } from '../store/image-index.js';
import type { ImageSource } from './image-source.js';

/** The full name, as containerd and Docker annotate it. */
const IMAGE_NAME = 'io.containerd.image.name';

/** By the OCI layout the annotation is but a tag; many tools put the whole name there. A lone word is taken for a tag, and so for no name. */
const referenceOf = ({ annotations }: IndexEntry): string | null => {
  const full = annotations[IMAGE_NAME];
  const name = annotations[REF_NAME];
  const text = full ?? (name !== undefined && /[/:]/.test(name) ? name : undefined);
  if (text === undefined) return null;
  try {
    return formatReference(parseReference(text));
  } catch {
    return null;
  }
};

export interface ChosenImage {
  readonly entry: IndexEntry;
  /** All the names it has there; canonical. */
  readonly references: readonly string[];
}

/**
 * Chooses the image that is meant: the only one there is, or the one of the name.
 * @param wanted canonical reference
 * @throws BoxliteError `InvalidArgument` naming the images when there are several; `NotFound` when there is none
 */
export const chooseImage = ({ name, entries }: ImageSource, platform: Platform, wanted?: string): ChosenImage => {
  const groups = new Map<string | null, IndexEntry[]>();
  for (const entry of entries) {
    const reference = referenceOf(entry);
    groups.set(reference, [...(groups.get(reference) ?? []), entry]);
  }
  const meant = wanted === undefined ? undefined : groups.get(wanted);
  if (wanted !== undefined && meant !== undefined) return { entry: choosePlatform(meant, platform, name), references: [wanted] };
  if (groups.size === 0) throw new BoxliteError('NotFound', `${name} holds no image`, { reason: 'image-not-found' });

  const chosen = [...groups].map(([reference, group]) => ({ reference, entry: choosePlatform(group, platform, name) }));
  const [first] = chosen;
  if (first === undefined || chosen.some(({ entry }) => entry.digest !== first.entry.digest)) {
    const names = chosen.map(({ reference, entry }) => reference ?? entry.digest).slice(0, 20);
    throw new BoxliteError('InvalidArgument', `${name} holds several images; say which by its reference: ${names.join(', ')}`, {
      reason: 'several-images',
    });
  }
  const references = wanted === undefined ? chosen.flatMap(({ reference }) => (reference === null ? [] : [reference])) : [wanted];
  return { entry: first.entry, references };
};
