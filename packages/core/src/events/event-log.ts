import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorMessage } from '@boxlite/shared';
import type { Logger } from '../logging/logger.js';
import type { RuntimeEvent } from './runtime-event.js';

/** The file goes on as a new one at this size; what it held is kept once, as `<path>.1`. */
const MAX_LOG_BYTES = 4 << 20;
/** Of a disk that takes nothing any more, so much waits; more is dropped. */
const MAX_WAITING = 4096;

/**
 * Appends what happens to a file of the home, a JSON object a line, for other processes to read while this one has the home: whoever holds
 * the home's lock is the only writer. Should somebody take the file away meanwhile, what comes is lost with it. Lines that come while one is
 * written are written together. Nobody waits for it, and a disk that is full costs the log only.
 */
export class EventLog {
  #waiting: string[] = [];
  #writing: Promise<void> | undefined;
  /** Kept open, so that each line costs one call of the system and not three. */
  #file: FileHandle | undefined;
  #size = 0;
  #warned = false;

  constructor(
    private readonly path: string,
    private readonly log: Logger,
    private readonly maxBytes = MAX_LOG_BYTES,
  ) {}

  append(event: RuntimeEvent): void {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(`${JSON.stringify(event)}\n`);
    this.#writing ??= this.#write();
  }

  /** Resolves when all is in the file, and the file is closed. Nothing may be appended any more. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#closeFile();
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting.splice(0).join('');
      try {
        await this.#append(lines);
      } catch (error) {
        if (!this.#warned) this.log.warn('events could not be logged', { error: errorMessage(error) });
        this.#warned = true;
        await this.#closeFile();
      }
    }
    this.#writing = undefined;
  }

  async #append(lines: string): Promise<void> {
    this.#file ??= await this.#open();
    const bytes = Buffer.from(lines);
    if (this.#size > 0 && this.#size + bytes.length > this.maxBytes) {
      // Readers have the old one open, and read it to its end.
      await rename(this.path, `${this.path}.1`);
      await this.#closeFile();
      this.#file = await this.#open();
    }
    await this.#file.appendFile(bytes);
    this.#size += bytes.length;
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    // Its writes have succeeded or have failed by themselves.
    await file?.close().catch(() => undefined);
  }

  /** A line that an earlier process did not finish ends here. */
  async #open(): Promise<FileHandle> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    const file = await open(this.path, 'a+', 0o600);
    try {
      const { size } = await file.stat();
      this.#size = size;
      if (size === 0) return file;
      const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
      if (buffer[0] === 0x0a) return file;
      await file.appendFile('\n');
      this.#size += 1;
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }
}
