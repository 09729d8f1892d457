import { watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { BoxliteError, errnoCode, HomeLayout } from '@boxlite/shared';
import { makeDirectories } from '../state/make-directories.js';
import { onDisk } from '../state/storage-error.js';
import { parseEvent } from './parse-event.js';
import type { RuntimeEvent } from './runtime-event.js';

export interface ReadEventsOptions {
  /** @defaultValue `BOXLITE_HOME`, or `~/.boxlite` */
  home?: string | undefined;
  /** Also what happened since this time, as far as the log goes back (some 20 000 events). @defaultValue only what happens from now on */
  since?: Date | undefined;
  /** Nothing later; ends then. @defaultValue goes on */
  until?: Date | undefined;
  signal?: AbortSignal | undefined;
}

const CHUNK = 64 << 10;
/** No event is longer; of a file that nobody of us has written, such a line is passed over. */
const MAX_LINE = 64 << 10;
const MAX_TIMER_MS = 2 ** 31 - 1;

const openIfThere = async (path: string): Promise<FileHandle | undefined> => {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw BoxliteError.from(error, 'Storage', `cannot read ${path}`);
  }
};

/** The lines of a file that grows. */
class Lines {
  readonly #decoder = new StringDecoder('utf8');
  readonly #buffer = Buffer.alloc(CHUNK);
  #rest = '';
  #tooLong = false;

  constructor(
    private readonly file: FileHandle,
    private position = 0,
  ) {}

  /** Those that are whole and were not read yet. */
  async *more(): AsyncGenerator<string> {
    for (;;) {
      const { bytesRead } = await this.file.read(this.#buffer, 0, CHUNK, this.position);
      if (bytesRead === 0) return;
      this.position += bytesRead;
      const lines = (this.#rest + this.#decoder.write(this.#buffer.subarray(0, bytesRead))).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!this.#tooLong && line.length <= MAX_LINE) yield line;
        this.#tooLong = false;
      }
      if (this.#rest.length > MAX_LINE) {
        this.#rest = '';
        this.#tooLong = true;
      }
    }
  }

  async isStill(path: string): Promise<boolean> {
    const now = await openIfThere(path);
    if (now === undefined) return true;
    await using _closed = now;
    const [mine, its] = await Promise.all([this.file.stat(), now.stat()]);
    return mine.ino === its.ino && mine.dev === its.dev;
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

/** Wakes a reader when one of these files of a directory changes. */
const fileChanges = (path: string, stop: AbortSignal): Disposable & { next: () => Promise<void> } => {
  let changed = true;
  let wake = (): void => undefined;
  const tell = (): void => {
    changed = true;
    wake();
  };
  const watcher = watch(dirname(path), (_, name) => {
    if (name === null || name === basename(path)) tell();
  });
  // The directory is gone: so is the log.
  watcher.on('error', tell);
  stop.addEventListener('abort', tell);
  return {
    next: async () => {
      if (!changed && !stop.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      changed = false;
    },
    [Symbol.dispose]: () => {
      stop.removeEventListener('abort', tell);
      watcher.close();
    },
  };
};

/**
 * Reads what happens in a home from its log, whichever process does it: the home is not taken for that, and need not be there yet.
 * What one process does may be seen by another some milliseconds later.
 * @throws BoxliteError `Storage` when the log cannot be read. @throws AbortError when the signal fires.
 */
export async function* readEvents(options: ReadEventsOptions = {}): AsyncGenerator<RuntimeEvent, void, undefined> {
  const { since, until, signal } = options;
  const { eventLog: path } = HomeLayout.resolve(options.home);
  await onDisk(`making ${dirname(path)}`, () => makeDirectories(dirname(path)));
  signal?.throwIfAborted();
  const over = new AbortController();
  const left = until === undefined ? undefined : until.getTime() - Date.now();
  const timer = left === undefined || left > MAX_TIMER_MS ? undefined : setTimeout(() => over.abort(), Math.max(0, left));
  const stop = AbortSignal.any(signal === undefined ? [over.signal] : [signal, over.signal]);
  if (left !== undefined && left <= 0) over.abort();
  const wanted = (line: string): RuntimeEvent | undefined => {
    const event = parseEvent(line);
    if (event === undefined) return undefined;
    const time = Date.parse(event.time);
    return (since === undefined || time >= since.getTime()) && (until === undefined || time <= until.getTime()) ? event : undefined;
  };
  let lines: Lines | undefined;
  using changes = fileChanges(path, stop);
  try {
    if (since !== undefined) {
      const older = await openIfThere(`${path}.1`);
      lines = older && new Lines(older);
    } else {
      const current = await openIfThere(path);
      lines = current && new Lines(current, (await current.stat()).size);
    }
    for (;;) {
      await changes.next();
      for (;;) {
        signal?.throwIfAborted();
        // Before its last lines are read: nothing is added once it has another name.
        const isLast = lines === undefined || (await lines.isStill(path));
        if (lines !== undefined) {
          for await (const line of lines.more()) {
            const event = wanted(line);
            if (event !== undefined) yield event;
            signal?.throwIfAborted();
          }
        }
        if (isLast && lines !== undefined) break;
        const next = await openIfThere(path);
        if (next === undefined) break;
        await lines?.close();
        lines = new Lines(next);
      }
      if (stop.aborted) return;
    }
  } finally {
    clearTimeout(timer);
    await lines?.close();
  }
}
