import { tar, type TarEntry } from './tar-writer.js';
import { blobBytes, type TestImage } from './test-image.js';

interface Manifest {
  config: { digest: string };
  layers: { digest: string }[];
}

/** An archive as Docker's `save` wrote it before it wrote OCI layouts: one directory a layer, equal layers linked. */
export const dockerSave = (image: TestImage, tags: readonly string[]): Buffer => {
  const manifest = JSON.parse(blobBytes(image, image.root.digest).toString('utf8')) as Manifest;
  const name = (digest: string) => digest.slice('sha256:'.length);
  const entries: TarEntry[] = [];
  const paths = manifest.layers.map(({ digest }, position) => {
    const directory = `${name(digest).slice(0, 40)}${String(position)}`;
    const first = manifest.layers.findIndex((other) => other.digest === digest);
    entries.push({ name: `${directory}/`, type: 'directory' }, { name: `${directory}/VERSION`, content: '1.0' });
    if (first === position) entries.push({ name: `${directory}/layer.tar`, content: blobBytes(image, digest) });
    else
      entries.push({
        name: `${directory}/layer.tar`,
        type: 'symlink',
        linkname: `../${name(digest).slice(0, 40)}${String(first)}/layer.tar`,
      });
    return `${directory}/layer.tar`;
  });
  const config = `${name(manifest.config.digest)}.json`;
  entries.push({ name: config, content: blobBytes(image, manifest.config.digest) });
  entries.push({ name: 'manifest.json', content: JSON.stringify([{ Config: config, RepoTags: tags, Layers: paths }]) });
  return tar(entries);
};

/** An archive of an OCI image layout, as `skopeo copy … oci-archive:` writes it. */
export const layoutArchive = (images: Readonly<Record<string, TestImage>>): Buffer =>
  tar([
    { name: './oci-layout', content: JSON.stringify({ imageLayoutVersion: '1.0.0' }) },
    {
      name: './index.json',
      content: JSON.stringify({
        schemaVersion: 2,
        manifests: Object.entries(images).map(([name, { root }]) => ({
          ...root,
          annotations: { 'org.opencontainers.image.ref.name': name },
        })),
      }),
    },
    ...Object.values(images).flatMap((image) =>
      [...image.blobs.keys()].map((digest) => ({
        name: `./blobs/sha256/${digest.slice('sha256:'.length)}`,
        content: blobBytes(image, digest),
      })),
    ),
  ]);
