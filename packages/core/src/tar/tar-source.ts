/**
 * A tar archive as the messages of a copy. Entries may come in any order; their directories are entered and left as they need it.
 *
 * An archive may be hostile. Whatever would be written outside of the target is refused here by its name, and once more by the guest, which
 * follows no link. What is held is bounded: an entry's headers by tar-stream (4 MiB), names that links may refer to by {@link MAX_HELD}.
 */
import { type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AbortError, BoxliteError } from '@boxlite/shared';
import { extract, type Header } from 'tar-stream';
import { type FileMeta, RecordWriter } from './record-writer.js';

const MAX_NAME = 255;
const MAX_PATH = 4095;
/** Of files that may get further names, in bytes; the guest holds as many (`native/copy/src/links.rs`) with more for each. */
const MAX_HELD = 16 << 20;
const COST = 128;
const COST_OF_PART = 32;
/** The kernel's word for no user. */
const NOBODY = 2 ** 32 - 1;

const refused = (message: string, reason = 'malformed-archive'): BoxliteError => new BoxliteError('InvalidArgument', message, { reason });

/** Names and numbers from a header that have a longer or more exact form in its pax records. */
const pax = (header: Header, key: string): string | undefined => (header.pax as Record<string, string> | null)?.[key];

/** Bytes that are no UTF-8 come through latin1 unchanged; pax records are UTF-8. */
const bytesOf = (plain: string | null, exact: string | undefined): string =>
  exact === undefined ? (plain ?? '') : Buffer.from(exact).toString('latin1');

/** The parts of an entry's name, as latin1; none for the top. */
const partsOf = (name: string): string[] => {
  const shown = Buffer.from(name.slice(0, 200), 'latin1').toString();
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw refused(`the archive's entry '${shown}' leads out of its target`);
  if (name.length > MAX_PATH || name.includes('\0') || parts.some((part) => part.length > MAX_NAME))
    throw refused(`the archive's entry '${shown}' has a name that is too long, or contains a NUL byte`);
  return parts;
};

const idOf = (plain: number, exact: string | undefined): number => {
  const id = exact === undefined ? plain : Number(exact);
  return Number.isInteger(id) && id >= 0 && id < NOBODY ? id : 0;
};

const metaOf = (header: Header): FileMeta => {
  const exact = Number(pax(header, 'mtime') ?? Number.NaN);
  const time = Number.isFinite(exact) ? exact : header.mtime.getTime() / 1000;
  const seconds = Math.floor(time);
  return {
    mode: header.mode & 0o7777,
    uid: idOf(header.uid, pax(header, 'uid')),
    gid: idOf(header.gid, pax(header, 'gid')),
    seconds: Number.isSafeInteger(2 * seconds) ? seconds : 0,
    nanos: Math.min(999_999_999, Math.max(0, Math.floor((time - seconds) * 1e9))),
  };
};

export class TarSource implements AsyncIterable<Buffer[]> {
  /** What was read so far. */
  readonly copied = { entries: 0, bytes: 0 };
  readonly #writer = new RecordWriter();
  /** The directory that is filled, below the target. */
  #levels: string[] = [];
  readonly #ids = new Map<string, number>();
  #held = 0;

  constructor(
    private readonly archive: Readable,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** The records that were written, for who checks that the guest has got as many. */
  get records(): number {
    return this.#writer.entries;
  }

  /**
   * @throws BoxliteError `InvalidArgument` (`malformed-archive`, `device`) and `ResourceExhausted` (`too-many-links`) for what cannot be
   *   copied; AbortError.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer[]> {
    const { signal } = this;
    const tar = extract({ filenameEncoding: 'latin1' } as object);
    // Who reads it is told by the reading.
    tar.on('error', () => undefined);
    const fed = pipeline(this.archive, tar, signal === undefined ? {} : { signal });
    // What stops the reader is told of by that.
    fed.catch(() => undefined);
    this.#writer.enter(Buffer.alloc(0));
    try {
      for await (const entry of tar) {
        yield* this.#entry(entry.header, entry);
        if (this.#writer.isFull) yield [this.#writer.take()];
      }
      await fed;
    } catch (error) {
      if (signal?.aborted === true) throw new AbortError(signal.reason);
      if (error instanceof BoxliteError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new BoxliteError(
        'InvalidArgument',
        `what came is no tar archive that can be read (a compressed one has to be unpacked before): ${why}`,
        {
          reason: 'malformed-archive',
          cause: error,
        },
      );
    } finally {
      tar.destroy();
    }
    this.#goTo([]);
    this.#writer.leave();
    this.#writer.end();
    yield [this.#writer.take()];
  }

  async *#entry(header: Header, content: AsyncIterable<unknown> & { resume(): unknown }): AsyncGenerator<Buffer[]> {
    // tar-stream gives none for kinds that it does not know.
    const type = header.type as Header['type'] | null;
    const parts = partsOf(bytesOf(header.name, pax(header, 'path')));
    const last = parts.at(-1);
    if (last === undefined) {
      // The target itself, which stays as it is.
      if (type !== 'directory') throw refused('the archive has an entry without a name');
      content.resume();
      return;
    }
    const shown = Buffer.from(parts.join('/'), 'latin1').toString().slice(0, 200);
    const name = Buffer.from(last, 'latin1');
    this.copied.entries += 1;
    if (type === 'directory') this.#goTo(parts, metaOf(header));
    else this.#goTo(parts.slice(0, -1));
    if (type === 'file' || type === 'contiguous-file') {
      if (Object.keys(header.pax ?? {}).some((key) => key.startsWith('GNU.sparse.')))
        throw refused(`'${shown}' is stored as a sparse file; make the archive without --sparse`);
      this.#writer.file(name, metaOf(header), this.#idFor(parts), header.size);
      for await (const piece of content) {
        const chunk = piece as Buffer;
        this.copied.bytes += chunk.length;
        for (const message of this.#writer.data(chunk)) yield [message];
      }
      return;
    }
    const target = bytesOf(header.linkname, pax(header, 'linkpath'));
    if (type === 'symlink') {
      if (target === '' || target.length > MAX_PATH) throw refused(`the link '${shown}' leads nowhere, or its target is too long`);
      this.#writer.symlink(name, metaOf(header), Buffer.from(target, 'latin1'));
    } else if (type === 'link') this.#writer.link(name, this.#linked(target, shown));
    else if (type === 'fifo') this.#writer.fifo(name, metaOf(header));
    else if (type === 'character-device' || type === 'block-device')
      throw refused(`'${shown}' is a device, and those are not copied`, 'device');
    else if (type !== 'directory') throw refused(`'${shown}' is of a kind that is not known here`);
    content.resume();
  }

  /** Leaves and enters directories until it is at this one, which has these attributes where it is new. */
  #goTo(parts: readonly string[], attributes?: FileMeta): void {
    let common = 0;
    while (common < this.#levels.length && this.#levels[common] === parts[common]) common += 1;
    for (let depth = this.#levels.length; depth > common; depth -= 1) this.#writer.leave();
    // The archive names no attributes of those on the way: as mkdir makes them.
    const plain = { mode: 0o755, uid: 0, gid: 0, seconds: Math.floor(Date.now() / 1000), nanos: 0 };
    for (const [depth, part] of parts.entries()) {
      if (depth < common) continue;
      this.#writer.enter(Buffer.from(part, 'latin1'), depth === parts.length - 1 ? (attributes ?? plain) : plain);
    }
    this.#levels = [...parts];
  }

  /** For a file that may get further names, as nothing tells whether one does. */
  #idFor(parts: readonly string[]): number {
    const path = parts.join('/');
    const cost = COST + path.length + parts.length * COST_OF_PART;
    if (this.#held + cost > MAX_HELD) return 0;
    this.#held += cost;
    const id = this.#ids.size + 1;
    // A name that comes twice means the later file.
    if (this.#ids.has(path)) return 0;
    this.#ids.set(path, id);
    return id;
  }

  #linked(target: string, shown: string): number {
    const id = this.#ids.get(partsOf(target).join('/'));
    if (id !== undefined) return id;
    if (this.#held + COST + MAX_PATH * COST_OF_PART < MAX_HELD)
      throw refused(
        `'${shown}' is another name of '${Buffer.from(target, 'latin1').toString().slice(0, 200)}', which is no file before it in the archive`,
      );
    throw new BoxliteError('ResourceExhausted', `'${shown}' is another name of a file too far behind it in the archive; copy it in parts`, {
      reason: 'too-many-links',
    });
  }
}
