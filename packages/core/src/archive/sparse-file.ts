import { type FileHandle, open, rm } from 'node:fs/promises';

const BLOCK_BYTES = 4096;
const ZEROS = Buffer.alloc(BLOCK_BYTES);

/** The runs of blocks in `bytes` that are not all zero, as offsets of their begin and end. */
const runsOfData = (bytes: Buffer): [begin: number, end: number][] => {
  const runs: [number, number][] = [];
  for (let begin = 0; begin < bytes.length; begin += BLOCK_BYTES) {
    const end = Math.min(begin + BLOCK_BYTES, bytes.length);
    if (bytes.compare(ZEROS, 0, end - begin, begin, end) === 0) continue;
    const last = runs.at(-1);
    if (last?.[1] === begin) last[1] = end;
    else runs.push([begin, end]);
  }
  return runs;
};

/** A file that takes room only for what is not zero. One call at a time. */
export class SparseFile {
  #dataBytes = 0;

  private constructor(private readonly handle: FileHandle) {}

  /** Makes a file of that size, all of it a hole, and has it written. When that fails, there is none. */
  static async write(path: string, sizeBytes: number, fill: (file: SparseFile) => Promise<void>): Promise<void> {
    const handle = await open(path, 'wx', 0o600);
    try {
      try {
        await handle.truncate(sizeBytes);
        await fill(new SparseFile(handle));
      } finally {
        await handle.close();
      }
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }

  /** Bytes that were written, zeros left out. */
  get dataBytes(): number {
    return this.#dataBytes;
  }

  async write(bytes: Buffer, offset: number): Promise<void> {
    for (const [begin, end] of runsOfData(bytes)) {
      let written = begin;
      while (written < end) written += (await this.handle.write(bytes, written, end - written, offset + written)).bytesWritten;
      this.#dataBytes += end - begin;
    }
  }
}
