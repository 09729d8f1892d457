import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BlobContent, type Descriptor, type TestImage } from './test-image.js';

const blobPath = (directory: string, digest: string): string => join(directory, 'blobs', 'sha256', digest.slice('sha256:'.length));

/** Writes an OCI image layout with images under names (annotation `org.opencontainers.image.ref.name`). */
export const writeLayout = async (directory: string, images: Readonly<Record<string, TestImage>>): Promise<void> => {
  await mkdir(join(directory, 'blobs', 'sha256'), { recursive: true });
  for (const { blobs } of Object.values(images)) {
    for (const [digest, content] of blobs) {
      const path = blobPath(directory, digest);
      if (Buffer.isBuffer(content)) await writeFile(path, content);
      else if (content.path !== path) await copyFile(content.path, path);
    }
  }
  const manifests = Object.entries(images).map(([name, { root }]) => ({
    ...root,
    ...(name === '' ? {} : { annotations: { 'org.opencontainers.image.ref.name': name } }),
  }));
  await writeFile(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
};

interface Document {
  mediaType: string;
  manifests?: Descriptor[];
  config?: Descriptor;
  layers?: Descriptor[];
}

/** Reads the image that a layout of ours holds; its blobs stay in their files. */
export const readLayout = async (directory: string): Promise<TestImage> => {
  const blobs = new Map<string, BlobContent>();
  const manifests: Descriptor[] = [];
  const visit = async (descriptor: Descriptor): Promise<void> => {
    const bytes = await readFile(blobPath(directory, descriptor.digest));
    const document = JSON.parse(bytes.toString('utf8')) as Document;
    for (const child of document.manifests ?? []) await visit(child);
    for (const { digest } of [document.config, ...(document.layers ?? [])].filter((one) => one !== undefined))
      blobs.set(digest, { path: blobPath(directory, digest) });
    blobs.set(descriptor.digest, bytes);
    manifests.push(descriptor);
  };
  const index = JSON.parse(await readFile(join(directory, 'index.json'), 'utf8')) as { manifests: Descriptor[] };
  const [root] = index.manifests;
  if (root === undefined) throw new Error(`${directory} holds no image`);
  await visit(root);
  return { root, manifests, blobs };
};
