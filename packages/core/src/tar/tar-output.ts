/**
 * The records of a copy out of a Box as a tar archive (pax). The guest is not trusted: its names are components of paths, what it says of
 * sizes is kept to, and what is held of it is bounded. What whoever unpacks the archive does with its links is theirs to see to.
 */
import { Readable } from 'node:stream';
import { BoxliteError } from '@boxlite/shared';
import { type Header, pack, type Pack } from 'tar-stream';
import { type CopyRecord, RecordFault } from './record-reader.js';
import type { FileMeta } from './record-writer.js';

const MAX_PATH = 64 << 10;
/** Of files with several names, in bytes. */
const MAX_HELD = 32 << 20;
const COST = 96;
/** Six octal digits, and eleven of a time, are what a header has room for. */
const MAX_PLAIN_ID = 0o777777;
const MAX_PLAIN_TIME = 2 ** 31 - 1;
/** Without it tar-stream takes a mode of 0 for none. */
const REGULAR = 0o100000;
const ZEROS = Buffer.alloc(64 * 1024);

/** Of entries: the archive as a whole fails then, and that is told of. */
const ignore = (): void => undefined;

type Entry = ReturnType<Pack['entry']>;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const text = (bytes: Buffer): string => {
  try {
    return decoder.decode(bytes);
  } catch {
    const shown = bytes.toString();
    throw new BoxliteError('Unsupported', `the name '${shown}' is not UTF-8, which a tar stream needs; copy it without one`, {
      reason: 'name',
    });
  }
};

const attributes = ({ mode, uid, gid, seconds }: FileMeta): Partial<Header> => {
  const exact = {
    ...(uid > MAX_PLAIN_ID ? { uid: String(uid) } : {}),
    ...(gid > MAX_PLAIN_ID ? { gid: String(gid) } : {}),
    ...(seconds < 0 || seconds > MAX_PLAIN_TIME ? { mtime: String(seconds) } : {}),
  };
  return {
    mode: mode | REGULAR,
    uid: Math.min(uid, MAX_PLAIN_ID),
    gid: Math.min(gid, MAX_PLAIN_ID),
    mtime: new Date(1000 * Math.min(Math.max(seconds, 0), MAX_PLAIN_TIME)),
    ...(Object.keys(exact).length > 0 ? { pax: exact } : {}),
  };
};

export class TarOutput {
  readonly archive: Readable;
  /** What was written so far. */
  readonly copied = { entries: 0, bytes: 0 };
  /** Sockets, which are left out; and that all has come. */
  skipped: number | undefined;
  readonly #pack = pack();
  readonly #names = new Map<number, string>();
  #held = 0;
  #levels: string[] = [];
  #file: { entry: Entry; left: number } | undefined;
  #whole = false;

  constructor() {
    // A stream of streamx, which Node's own can read but not destroy.
    this.archive = Readable.from(this.#pack as AsyncIterable<Buffer>, { objectMode: false });
  }

  /** Nobody reads any more. */
  get isOver(): boolean {
    return this.archive.destroyed;
  }

  /** @throws RecordFault for what cannot come here; BoxliteError. */
  async write(record: CopyRecord): Promise<void> {
    if (this.skipped !== undefined) throw new RecordFault('records behind the end');
    if (this.#file !== undefined) {
      if (record.kind === 'data') return this.#content(record.content, record.content.length);
      if (record.kind === 'hole') return this.#content(undefined, record.length);
      throw new RecordFault('a file that is shorter than it says');
    }
    if (record.kind === 'leave') {
      if (this.#levels.pop() === undefined) throw new RecordFault('an end of no directory');
      this.#whole = this.#levels.length === 0;
      return;
    }
    if (record.kind === 'end') {
      if (this.#levels.length > 0) throw new RecordFault('an end too early');
      this.skipped = record.skipped;
      this.#pack.finalize();
      return;
    }
    if (record.kind === 'data' || record.kind === 'hole') throw new RecordFault('data of no file');
    if (this.#whole) throw new RecordFault('more than one tree');
    await this.#entry(record);
    this.#whole = this.#levels.length === 0 && this.#file === undefined;
  }

  /** Ends the archive before it is whole; who reads it gets the error. */
  fail(error: Error): void {
    this.archive.destroy(error);
    this.#pack.destroy(error);
  }

  async #entry(record: Exclude<CopyRecord, { kind: 'leave' | 'data' | 'hole' | 'end' }>): Promise<void> {
    const own = text(record.name);
    if (own === '' && this.#levels.length > 0) throw new RecordFault('a directory without a name');
    const name = [...this.#levels, own === '' ? '.' : own].join('/');
    if (name.length > MAX_PATH) throw new RecordFault('a path that is too long');
    this.copied.entries += 1;
    if (record.kind === 'enter') {
      this.#levels.push(own === '' ? '.' : own);
      // Of one that is only on the way to others nothing is known.
      if (record.meta !== undefined) await this.#put({ name: `${name}/`, type: 'directory', ...attributes(record.meta) });
      return;
    }
    if (record.kind === 'link') {
      const linkname = this.#names.get(record.id);
      if (linkname === undefined) throw new RecordFault('another name of no file');
      await this.#put({ name, type: 'link', linkname, mode: REGULAR });
      return;
    }
    this.#remember(record.id, name);
    const given = attributes(record.meta);
    if (record.kind === 'symlink') await this.#put({ name, type: 'symlink', linkname: text(record.target), ...given });
    else if (record.kind === 'fifo') await this.#put({ name, type: 'fifo', ...given });
    else if (record.size === 0) await this.#put({ name, type: 'file', size: 0, ...given });
    else {
      const entry = this.#pack.entry({ name, type: 'file', size: record.size, ...given });
      entry.on('error', ignore);
      this.#file = { entry, left: record.size };
    }
  }

  /** One without content. */
  async #put(header: Partial<Header> & Pick<Header, 'name'>): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const entry = this.#pack.entry(header, (error?: Error | null) => {
        if (error === undefined || error === null) resolve();
        else reject(error);
      });
      entry.on('error', ignore);
      entry.end(undefined);
    });
  }

  async #content(content: Buffer | undefined, length: number): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    if (length > file.left) throw new RecordFault('a file that is longer than it says');
    file.left -= length;
    for (let at = 0; at < length && !this.isOver; at += ZEROS.length) {
      const piece = content === undefined ? ZEROS.subarray(0, length - at) : content.subarray(at, at + ZEROS.length);
      await written(file.entry, piece);
    }
    this.copied.bytes += content?.length ?? 0;
    if (file.left > 0) return;
    file.entry.end(undefined);
    this.#file = undefined;
    this.#whole = this.#levels.length === 0;
  }

  #remember(id: number, name: string): void {
    if (id === 0) return;
    this.#held += COST + 2 * name.length;
    if (this.#held > MAX_HELD)
      throw new BoxliteError('ResourceExhausted', 'the tree has too many files with several names for one copy; copy it in parts', {
        reason: 'too-many-links',
      });
    this.#names.set(id, name);
  }
}

/** Resolves when there is room for more, or nobody reads any more. */
const written = (entry: Entry, chunk: Buffer): Promise<void> =>
  new Promise((resolve) => {
    if (entry.write(chunk)) {
      resolve();
      return;
    }
    const done = (): void => {
      entry.off('drain', done);
      entry.off('close', done);
      resolve();
    };
    entry.on('drain', done);
    entry.on('close', done);
  });
