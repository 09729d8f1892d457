import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { sha256 } from '../files.js';

interface ImageConfig {
  Env: readonly string[];
  Cmd: readonly string[];
  Labels?: Record<string, string>;
}

export interface SingleLayerImage {
  /** What the image is called in the layout (`org.opencontainers.image.ref.name`). */
  reference: string;
  layer: Buffer;
  config: ImageConfig;
}

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

/** Writes an OCI image layout (image-spec, image-layout.md) with one image of one gzip layer for linux/amd64. */
export const writeOciLayout = async (directory: string, image: SingleLayerImage): Promise<void> => {
  const blobs = join(directory, 'blobs/sha256');
  await mkdir(blobs, { recursive: true });
  const put = async (mediaType: string, data: Buffer): Promise<Descriptor> => {
    const hex = sha256(data);
    await writeFile(join(blobs, hex), data);
    return { mediaType, digest: `sha256:${hex}`, size: data.length };
  };
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

  const layer = await put('application/vnd.oci.image.layer.v1.tar+gzip', gzipSync(image.layer, { level: 9 }));
  const config = await put(
    'application/vnd.oci.image.config.v1+json',
    json({
      architecture: 'amd64',
      os: 'linux',
      config: image.config,
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(image.layer)}`] },
    }),
  );
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = await put(mediaType, json({ schemaVersion: 2, mediaType, config, layers: [layer] }));
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      {
        ...manifest,
        platform: { architecture: 'amd64', os: 'linux' },
        annotations: { 'org.opencontainers.image.ref.name': image.reference },
      },
    ],
  };
  await writeFile(join(directory, 'index.json'), json(index));
  await writeFile(join(directory, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
};
