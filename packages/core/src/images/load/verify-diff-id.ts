import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { AbortError, BoxliteError } from '@boxlite/shared';
import { newHash, shortDigest } from '../format/digest.js';
import type { LayerDescriptor } from '../format/manifest.js';
import type { BlobStore } from '../store/blob-store.js';

const mismatch = (layer: string, actual: string, diffId: string) =>
  new BoxliteError('Image', `layer ${shortDigest(layer)} unpacks to ${actual}; the image's configuration promises ${diffId}`, {
    reason: 'digest-mismatch',
  });

/**
 * Checks that a layer unpacks to what the image's configuration says. Only needed where no manifest vouches for the layers' own digests: there the
 * configuration is all that does.
 */
export const verifyDiffId = async (layer: LayerDescriptor, diffId: string, store: BlobStore, signal: AbortSignal): Promise<void> => {
  if (layer.compression === 'none') {
    if (layer.digest !== diffId) throw mismatch(layer.digest, layer.digest, diffId);
    return;
  }
  const hash = newHash();
  try {
    await pipeline(
      createReadStream(store.path(layer.digest)),
      createGunzip(),
      async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) hash.update(chunk);
      },
      { signal },
    );
  } catch (error) {
    if (signal.aborted) throw new AbortError(signal.reason);
    throw new BoxliteError('Image', `layer ${shortDigest(layer.digest)} cannot be unpacked: ${(error as Error).message}`, {
      reason: 'malformed',
      cause: error,
    });
  }
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual !== diffId) throw mismatch(layer.digest, actual, diffId);
};
