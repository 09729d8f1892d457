import { type FileHandle, open } from 'node:fs/promises';
import { BoxliteError, throwIfAborted } from '@boxlite/shared';
import { dataBlocks } from '@boxlite/vmm';
import type { ProgressTeller } from '../images/pull/progress.js';
import type { ArchiveOutput } from './archive-output.js';
import { pack } from './chunk.js';
import { CHUNK_BYTES, chunkCount, chunkLength } from './format.js';
import { inOrder } from './in-order.js';
import type { Part } from './manifest.js';

/** Chunks that are read and packed at the same time: as many as Node's thread pool has threads. */
const WIDTH = 4;

export interface ArchiveWork {
  progress: ProgressTeller;
  signal?: AbortSignal | undefined;
}

/** A file to be archived. */
export class PartFile {
  private constructor(
    readonly path: string,
    readonly part: Part,
    private readonly chunks: Iterable<number>,
    private readonly handle: FileHandle,
  ) {}

  /** @param isWhole holes are archived as well */
  static async open(path: string, isWhole: boolean, signal: AbortSignal | undefined): Promise<PartFile> {
    const { blocks, dataBytes } = await dataBlocks(path, { blockBytes: CHUNK_BYTES, signal });
    const handle = await open(path, 'r');
    const { size } = await handle.stat();
    const chunks = isWhole ? Array.from({ length: chunkCount(size) }, (_, index) => index) : blocks;
    return new PartFile(path, { sizeBytes: size, dataBytes: isWhole ? size : dataBytes, chunks: chunks.length }, chunks, handle);
  }

  async write(output: ArchiveOutput, name: string, { progress, signal }: ArchiveWork): Promise<void> {
    const total = Math.min(this.part.chunks * CHUNK_BYTES, this.part.sizeBytes);
    let current = 0;
    const packed = inOrder(this.chunks, WIDTH, async (index) => {
      throwIfAborted(signal);
      const chunk = await this.#read(index);
      return { index, length: chunk.length, packed: await pack(chunk) };
    });
    for await (const chunk of packed) {
      await output.chunk(chunk.index, chunk.packed);
      current += chunk.length;
      progress.part(name, 'running', current, total);
    }
    await output.digest();
    progress.part(name, 'done', total, total);
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  async #read(index: number): Promise<Buffer> {
    const chunk = Buffer.allocUnsafe(chunkLength(this.part.sizeBytes, index));
    let done = 0;
    while (done < chunk.length) {
      const { bytesRead } = await this.handle.read(chunk, done, chunk.length - done, index * CHUNK_BYTES + done);
      if (bytesRead === 0) throw new BoxliteError('Storage', `${this.path} was cut while it was read`);
      done += bytesRead;
    }
    return chunk;
  }
}
