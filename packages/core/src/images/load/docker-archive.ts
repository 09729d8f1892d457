import { BoxliteError } from '@boxlite/shared';
import type { Descriptor, IndexEntry } from '../format/descriptor.js';
import { digestOf } from '../format/digest.js';
import type { ManifestBytes } from '../format/find-manifest.js';
import { asArray, asObject, asString, asStrings, malformed, optional } from '../format/json.js';
import { MAX_INDEX_ENTRIES, MAX_LAYERS } from '../format/limits.js';
import type { LayerDescriptor } from '../format/manifest.js';
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from '../format/media-types.js';
import { type BlobStore, missingBlob } from '../store/blob-store.js';
import { adoptArchiveFile, readArchiveFile } from './archive-layout.js';
import type { ImageSource } from './image-source.js';
import { type ArchiveFile, isGzip, isZstd } from './unpack-archive.js';
import { verifyDiffId } from './verify-diff-id.js';

const layerType = (file: ArchiveFile, archive: string): string => {
  if (isZstd(file.magic))
    throw new BoxliteError('Unsupported', `${archive} has layers in zstd; Docker's own archives have none`, { reason: 'layer-media-type' });
  return isGzip(file.magic) ? OCI_LAYER.gzip : OCI_LAYER.none;
};

/** What `docker save` writes, before Docker 25: `manifest.json`, configurations and layers, without digests. The manifests are made here. */
export class DockerArchive implements ImageSource {
  private constructor(
    readonly name: string,
    readonly entries: readonly IndexEntry[],
    private readonly manifests: ReadonlyMap<string, Buffer>,
    private readonly blobs: ReadonlyMap<string, ArchiveFile>,
  ) {}

  static async open(name: string, files: ReadonlyMap<string, ArchiveFile>): Promise<DockerArchive | undefined> {
    const list = files.get('manifest.json');
    if (list === undefined) return undefined;
    const what = `${name}/manifest.json`;
    let images: unknown;
    try {
      images = JSON.parse((await readArchiveFile(list, what)).toString('utf8'));
    } catch (error) {
      throw BoxliteError.from(error, 'Image', `${what} is not valid`);
    }
    const entries: IndexEntry[] = [];
    const manifests = new Map<string, Buffer>();
    const blobs = new Map<string, ArchiveFile>();
    const blob = (path: string, mediaType: string | undefined): Descriptor => {
      const file = files.get(path);
      if (file === undefined) throw malformed(name, `the file ${JSON.stringify(path.slice(0, 200))} is missing`);
      blobs.set(file.digest, file);
      return { mediaType: mediaType ?? layerType(file, name), digest: file.digest, size: file.size };
    };
    for (const [position, value] of asArray(images, what, 'the document', MAX_INDEX_ENTRIES).entries()) {
      const image = asObject(value, what, `[${position}]`);
      const config = blob(asString(image['Config'], what, 'Config'), OCI_CONFIG);
      const layers = asStrings(image['Layers'] ?? [], what, 'Layers', MAX_LAYERS).map((path) => blob(path, undefined));
      const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers }));
      const digest = digestOf(bytes);
      manifests.set(digest, bytes);
      const tags = optional(image['RepoTags'], (entry) => asStrings(entry, what, 'RepoTags', MAX_INDEX_ENTRIES)) ?? [];
      for (const tag of tags.length === 0 ? [undefined] : tags) {
        const annotations: Record<string, string> = tag === undefined ? {} : { 'io.containerd.image.name': tag };
        entries.push({ mediaType: OCI_MANIFEST, digest, size: bytes.length, platform: undefined, annotations });
      }
    }
    return new DockerArchive(name, entries, manifests, blobs);
  }

  manifest({ digest, mediaType }: Descriptor): Promise<ManifestBytes> {
    const bytes = this.manifests.get(digest);
    return bytes === undefined ? Promise.reject(missingBlob(digest, this.name)) : Promise.resolve({ bytes, digest, mediaType });
  }

  async provide(descriptor: Descriptor, store: BlobStore): Promise<void> {
    await adoptArchiveFile(this.blobs.get(descriptor.digest), descriptor, this.name, store);
  }

  async verify(layers: readonly LayerDescriptor[], diffIds: readonly string[], store: BlobStore, signal: AbortSignal): Promise<void> {
    for (const [position, layer] of layers.entries()) await verifyDiffId(layer, diffIds[position] ?? '', store, signal);
  }
}
