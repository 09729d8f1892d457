import type { Descriptor } from './descriptor.js';
import { choosePlatform } from './choose-platform.js';
import { malformed } from './json.js';
import { MAX_INDEX_DEPTH, MAX_MANIFEST_BYTES } from './limits.js';
import { type Manifest, parseManifest } from './manifest.js';
import type { Platform } from './platform.js';

/** Bytes of a manifest or an index, checked against the digest. */
export interface ManifestBytes {
  readonly bytes: Buffer;
  readonly digest: string;
  /** As the source calls it; may be anything. */
  readonly mediaType: string;
}

export interface FoundManifest {
  readonly bytes: Buffer;
  readonly digest: string;
  readonly manifest: Manifest;
}

/**
 * Goes from what a name stands for to the one manifest for a platform, through indexes that may name indexes.
 * @param fetch gets what an index names; must check the digest
 */
export const findManifest = async (
  first: ManifestBytes,
  platform: Platform,
  what: string,
  fetch: (descriptor: Descriptor) => Promise<ManifestBytes>,
): Promise<FoundManifest> => {
  let current = first;
  for (let depth = 0; ; depth += 1) {
    const document = parseManifest(current.bytes, what, current.mediaType);
    if (document.kind === 'manifest') return { bytes: current.bytes, digest: current.digest, manifest: document };
    if (depth === MAX_INDEX_DEPTH) throw malformed(what, `it has indexes in indexes, more than ${MAX_INDEX_DEPTH} deep`);
    const entry = choosePlatform(document.entries, platform, what);
    if (entry.size > MAX_MANIFEST_BYTES)
      throw malformed(what, `a manifest has ${entry.size} bytes; at most ${MAX_MANIFEST_BYTES} are accepted`);
    current = await fetch(entry);
    if (current.bytes.length !== entry.size) throw malformed(what, 'a manifest has not the size that its index says');
  }
};
