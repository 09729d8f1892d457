import type { Descriptor, IndexEntry } from '../format/descriptor.js';
import type { LayerDescriptor } from '../format/manifest.js';
import type { ManifestBytes } from '../format/find-manifest.js';
import type { BlobStore } from '../store/blob-store.js';

/** Images that lie on disk in a form that somebody else made: nothing in it is believed that was not checked. */
export interface ImageSource {
  /** For messages: the path. */
  readonly name: string;
  /** What its index offers, outermost. */
  readonly entries: readonly IndexEntry[];
  /** Reads a manifest or index; checked. */
  manifest(descriptor: Descriptor): Promise<ManifestBytes>;
  /** Puts a blob into the store; checked while it is copied. */
  provide(descriptor: Descriptor, store: BlobStore, signal: AbortSignal, onBytes: (current: number) => void): Promise<void>;
  /** Checks what only this form promises, once the blobs are in the store. */
  verify?(layers: readonly LayerDescriptor[], diffIds: readonly string[], store: BlobStore, signal: AbortSignal): Promise<void>;
}
