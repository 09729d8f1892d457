import { BoxliteError } from '@boxlite/shared';
import { type Descriptor, type IndexEntry, readDescriptor, readIndexEntry } from './descriptor.js';
import { shortDigest } from './digest.js';
import { asArray, asString, malformed, optional, parseObject } from './json.js';
import { MAX_CONFIG_BYTES, MAX_IMAGE_BYTES, MAX_INDEX_ENTRIES, MAX_LAYERS } from './limits.js';
import { isConfigType, isIndexType, isManifestType, isSchema1Type, type LayerCompression, layerCompression } from './media-types.js';

export interface LayerDescriptor extends Descriptor {
  readonly compression: LayerCompression;
}

/** One image for one platform. */
export interface Manifest {
  readonly kind: 'manifest';
  readonly mediaType: string;
  readonly config: Descriptor;
  /** Base first. */
  readonly layers: readonly LayerDescriptor[];
}

/** A choice of manifests, by platform. */
export interface Index {
  readonly kind: 'index';
  readonly mediaType: string;
  readonly entries: readonly IndexEntry[];
}

const readLayer = (value: unknown, what: string, position: number): LayerDescriptor => {
  const layer = readDescriptor(value, what, `layers[${position}]`);
  const compression = layerCompression(layer.mediaType);
  if (compression === undefined) {
    throw new BoxliteError(
      'Unsupported',
      `layer ${shortDigest(layer.digest)} of ${what} has media type ${JSON.stringify(layer.mediaType)}; layers must be tar archives, plain or with gzip or zstd`,
      { reason: 'layer-media-type' },
    );
  }
  return { ...layer, compression };
};

/**
 * Reads the bytes of a manifest or an index whose digest was already checked.
 *
 * The document must say one thing only: one with layers and manifests at once, or with a media type that is not the one it was sent as, could be read
 * in two ways by two programs (CVE-2021-41190).
 *
 * @param sentAs media type by the registry's header or the descriptor; an empty one and general ones such as `application/json` say nothing
 */
export const parseManifest = (bytes: Uint8Array, what: string, sentAs = ''): Manifest | Index => {
  const document = parseObject(bytes, what);
  const own = optional(document['mediaType'], (value) => asString(value, what, 'mediaType'));
  const known = (type: string) => isIndexType(type) || isManifestType(type) || isSchema1Type(type);
  if (own !== undefined && known(sentAs) && own !== sentAs) throw malformed(what, `it was sent as ${sentAs} and calls itself ${own}`);
  const mediaType = own ?? (known(sentAs) ? sentAs : undefined);
  if (document['schemaVersion'] === 1 || (mediaType !== undefined && isSchema1Type(mediaType))) {
    throw new BoxliteError(
      'Unsupported',
      `${what} is in Docker's old schema 1, which is not supported; push the image again with a current tool`,
      {
        reason: 'schema-1',
      },
    );
  }
  if (document['schemaVersion'] !== 2) throw malformed(what, 'schemaVersion must be 2');
  const hasEntries = document['manifests'] !== undefined;
  const hasLayers = document['layers'] !== undefined || document['config'] !== undefined;
  if (hasEntries === hasLayers) throw malformed(what, 'it must have either manifests, or a config and layers');

  if (hasEntries) {
    if (mediaType !== undefined && !isIndexType(mediaType)) throw malformed(what, `media type ${mediaType} does not fit an index`);
    const entries = asArray(document['manifests'], what, 'manifests', MAX_INDEX_ENTRIES);
    return {
      kind: 'index',
      mediaType: mediaType ?? 'application/vnd.oci.image.index.v1+json',
      entries: entries.map((entry, position) => readIndexEntry(entry, what, `manifests[${position}]`)),
    };
  }

  if (mediaType !== undefined && !isManifestType(mediaType)) throw malformed(what, `media type ${mediaType} does not fit a manifest`);
  const config = readDescriptor(document['config'], what, 'config');
  if (!isConfigType(config.mediaType)) {
    throw new BoxliteError('Image', `${what} is no container image: its configuration has media type ${JSON.stringify(config.mediaType)}`, {
      reason: 'not-an-image',
    });
  }
  if (config.size > MAX_CONFIG_BYTES)
    throw malformed(what, `its configuration has ${config.size} bytes; at most ${MAX_CONFIG_BYTES} are accepted`);
  const layers = asArray(document['layers'] ?? [], what, 'layers', MAX_LAYERS).map((layer, position) => readLayer(layer, what, position));
  const sizes = new Map([config, ...layers].map(({ digest, size }) => [digest, size]));
  if ([config, ...layers].some(({ digest, size }) => sizes.get(digest) !== size)) throw malformed(what, 'it gives one blob two sizes');
  const total = layers.reduce((sum, { size }) => sum + size, 0);
  if (total > MAX_IMAGE_BYTES) throw malformed(what, `its layers have ${total} bytes; at most ${MAX_IMAGE_BYTES} are accepted`);
  return { kind: 'manifest', mediaType: mediaType ?? 'application/vnd.oci.image.manifest.v1+json', config, layers };
};
