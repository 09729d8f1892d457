import { BoxliteError } from '@boxlite/shared';
import type { IndexEntry } from './descriptor.js';
import { isIndexType, isManifestType } from './media-types.js';
import { formatPlatform, type Platform, platformDistance } from './platform.js';

/**
 * Chooses the entry of an index that suits the platform best.
 * Entries without a platform are taken only when none names one: what is in them is checked by the image's configuration.
 * @throws BoxliteError `Image`, reason `platform-not-found`, naming the platforms there are
 */
export const choosePlatform = (entries: readonly IndexEntry[], wanted: Platform, what: string): IndexEntry => {
  const readable = entries.filter(({ mediaType }) => mediaType === '' || isIndexType(mediaType) || isManifestType(mediaType));
  const best = readable
    .flatMap((entry) => {
      const distance = entry.platform === undefined ? undefined : platformDistance(wanted, entry.platform);
      return distance === undefined ? [] : [{ entry, distance }];
    })
    .reduce<{ entry: IndexEntry; distance: number } | undefined>(
      (least, next) => (least && least.distance <= next.distance ? least : next),
      undefined,
    );
  if (best !== undefined) return best.entry;

  const [only] = readable;
  if (only !== undefined && readable.every(({ platform }) => platform === undefined)) return only;
  const offered = [
    ...new Set(readable.flatMap(({ platform }) => (platform && platform.os !== 'unknown' ? [formatPlatform(platform)] : []))),
  ];
  throw new BoxliteError(
    'Image',
    `${what} has no image for ${formatPlatform(wanted)}; ${offered.length === 0 ? 'it is empty' : `it has ${offered.slice(0, 20).join(', ')}`}`,
    { reason: 'platform-not-found' },
  );
};
