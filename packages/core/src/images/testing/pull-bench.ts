import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImagesLayout } from '@boxlite/shared';
import type { ProgressEvent } from '../../progress.js';
import { parsePlatform } from '../format/platform.js';
import { ProgressTeller } from '../pull/progress.js';
import { ImagePuller } from '../pull/pull-image.js';
import { parseReference } from '../reference/parse-reference.js';
import type { HttpTimeouts } from '../registry/http-client.js';
import { Registries } from '../registry/registries.js';
import type { RegistryOptions } from '../registry/registry-options.js';
import type { RetryPolicy } from '../registry/retry.js';
import { BlobStore } from '../store/blob-store.js';
import { ImageIndex, type StoredImage } from '../store/image-index.js';

export interface PullBenchOptions {
  registries?: readonly RegistryOptions[];
  timeouts?: Partial<HttpTimeouts>;
  retry?: Partial<RetryPolicy>;
  /** @defaultValue a new temporary directory */
  directory?: string;
}

/** For tests: a store in a temporary directory and all that pulls into it, with short pauses. */
export class PullBench implements AsyncDisposable {
  readonly events: ProgressEvent[] = [];
  readonly layout: ImagesLayout;
  readonly store: BlobStore;
  readonly index: ImageIndex;
  readonly registries: Registries;
  readonly puller: ImagePuller;

  private constructor(directory: string, { registries = [], timeouts, retry }: PullBenchOptions) {
    this.layout = new ImagesLayout(directory);
    this.store = new BlobStore(this.layout);
    this.index = new ImageIndex(this.layout);
    this.registries = new Registries(
      registries,
      { connectMs: 2000, stallMs: 2000, documentMs: 3000, ...timeouts },
      { retries: 3, backoffMs: 1, maxBackoffMs: 5, maxRetryAfterMs: 1500, ...retry },
    );
    this.puller = new ImagePuller(this.registries, this.store, this.index);
  }

  static async open(options: PullBenchOptions = {}): Promise<PullBench> {
    const bench = new PullBench(options.directory ?? (await mkdtemp(join(tmpdir(), 'boxlite-images-'))), options);
    await bench.store.open();
    await bench.index.open();
    return bench;
  }

  async pull(reference: string, signal: AbortSignal = new AbortController().signal, platform = 'linux/amd64'): Promise<StoredImage> {
    const progress = new ProgressTeller('pull', reference, (event) => this.events.push(event));
    return (await this.puller.pull({ reference: parseReference(reference), platform: parsePlatform(platform), progress, signal })).image;
  }

  /** Names of what lies in `images/tmp`. */
  leftovers(): Promise<string[]> {
    return readdir(this.layout.temporary);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.puller.idle();
    await this.registries.close();
    await rm(this.layout.root, { recursive: true, force: true });
  }
}
