import { AbortError, BoxliteError, throwIfAborted } from '@boxlite/shared';
import type { ProgressTeller } from '../images/pull/progress.js';
import { damaged, shortMessage } from './archive-error.js';
import { ArchiveInput } from './archive-input.js';
import { unpack } from './chunk.js';
import { CHUNK_BYTES, chunkCount, chunkLength } from './format.js';
import { inOrder } from './in-order.js';
import { parseManifest, type Part, type ReadManifest } from './manifest.js';

/** Chunks that are unpacked at the same time: as many as Node's thread pool has threads. */
const WIDTH = 4;

export interface ReadOptions {
  progress: ProgressTeller;
  signal?: AbortSignal | undefined;
}

/** Takes the chunks of a part, one after another. What it gets is to be trusted only when the whole archive was read. */
export type ChunkSink = (bytes: Buffer, offset: number) => Promise<void>;

interface PackedChunk {
  index: number;
  packed: Buffer;
  /** Bytes when it is unpacked. */
  length: number;
}

const readManifest = (bytes: Buffer, path: string): ReadManifest => {
  try {
    return parseManifest(bytes);
  } catch (error) {
    if (error instanceof BoxliteError && error.reason === 'platform-not-found') throw error;
    throw damaged(path, shortMessage(error), error);
  }
};

/**
 * Reads an archive once, from the begin to the end: first the manifest, then the parts in the manifest's order, then {@link end}.
 * Every method throws BoxliteError `Storage`, reason `archive-damaged`, where something is not as it was written, and AbortError.
 */
export class ArchiveReader implements AsyncDisposable {
  private constructor(
    readonly manifest: ReadManifest,
    private readonly input: ArchiveInput,
    private readonly options: ReadOptions,
  ) {}

  /** @throws BoxliteError `InvalidArgument`, reason `no-archive`; `Unsupported`, reason `archive-version`; `Image` for another platform; `Storage` */
  static async open(path: string, options: ReadOptions): Promise<ArchiveReader> {
    throwIfAborted(options.signal);
    const input = await ArchiveInput.open(path);
    try {
      const bytes = await input.manifest();
      await input.digest();
      return new ArchiveReader(readManifest(bytes, path), input, options);
    } catch (error) {
      await input.close();
      throw error;
    }
  }

  /** Reads the next part; without a sink it is only checked. */
  async part(name: string, part: Part, sink?: ChunkSink): Promise<void> {
    const { progress, signal } = this.options;
    const total = Math.min(part.chunks * CHUNK_BYTES, part.sizeBytes);
    let current = 0;
    try {
      const chunks = inOrder(this.#packed(part), WIDTH, async ({ index, packed, length }) => {
        throwIfAborted(signal);
        return { index, length, bytes: sink === undefined ? undefined : await this.#unpack(packed, length) };
      });
      for await (const { index, length, bytes } of chunks) {
        if (bytes !== undefined) await sink?.(bytes, index * CHUNK_BYTES);
        current += length;
        progress.part(name, 'running', current, total);
      }
      await this.input.digest();
      progress.part(name, 'done', total, total);
    } catch (error) {
      throw signal?.aborted === true ? new AbortError(signal.reason) : error;
    }
  }

  /** Checks that nothing follows. */
  end(): void {
    this.input.end();
  }

  damaged(why: string): BoxliteError {
    return this.input.damaged(why);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.input.close();
  }

  async *#packed({ sizeBytes, chunks }: Part): AsyncGenerator<PackedChunk> {
    const count = chunkCount(sizeBytes);
    let next = 0;
    for (let read = 0; read < chunks; read += 1) {
      const chunk = await this.input.chunk((index) => {
        if (index < next || index >= count) throw this.input.damaged(`chunk ${index} is out of place`);
        return chunkLength(sizeBytes, index);
      });
      next = chunk.index + 1;
      yield chunk;
    }
  }

  async #unpack(packed: Buffer, length: number): Promise<Buffer> {
    try {
      return await unpack(packed, length);
    } catch (error) {
      throw this.input.damaged('a chunk cannot be unpacked', error);
    }
  }
}
