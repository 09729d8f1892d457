/** Media types of OCI (image-spec, media-types.md) and of Docker (manifest v2, schema 2). */

export type LayerCompression = 'none' | 'gzip' | 'zstd';

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json';
const SCHEMA_1 = /^application\/vnd\.docker\.distribution\.manifest\.v1\+/;

/** What a registry is told can be read; without it some answer with schema 1. */
export const MANIFEST_ACCEPT = [OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST].join(', ');

export const isIndexType = (type: string): boolean => type === OCI_INDEX || type === DOCKER_LIST;
export const isManifestType = (type: string): boolean => type === OCI_MANIFEST || type === DOCKER_MANIFEST;
export const isSchema1Type = (type: string): boolean => SCHEMA_1.test(type);
export const isConfigType = (type: string): boolean => type === OCI_CONFIG || type === DOCKER_CONFIG;

export const OCI_LAYER: Readonly<Record<LayerCompression, string>> = {
  none: 'application/vnd.oci.image.layer.v1.tar',
  gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
};

const LAYER = /^application\/vnd\.oci\.image\.layer(?:\.nondistributable)?\.v1\.tar(?:\+(gzip|zstd))?$/;
const DOCKER_LAYER = /^application\/vnd\.docker\.image\.rootfs(?:\.foreign)?\.diff\.tar(?:\.(gzip|zstd))?$/;

/** How a layer of this media type is compressed; undefined when it is no layer that can be read. */
export const layerCompression = (type: string): LayerCompression | undefined => {
  const match = LAYER.exec(type) ?? DOCKER_LAYER.exec(type);
  if (match === null) return undefined;
  return match[1] === undefined ? 'none' : (match[1] as LayerCompression);
};
