import type { FileMeta } from './record-writer.js';

/** One record, as `native/copy/src/record.rs` defines them. */
export type CopyRecord =
  | { kind: 'enter'; name: Buffer; meta: FileMeta | undefined }
  | { kind: 'leave' }
  | { kind: 'file'; name: Buffer; meta: FileMeta; id: number; size: number }
  | { kind: 'symlink'; name: Buffer; meta: FileMeta; id: number; target: Buffer }
  | { kind: 'fifo'; name: Buffer; meta: FileMeta; id: number }
  | { kind: 'link'; name: Buffer; id: number }
  | { kind: 'data'; content: Buffer }
  | { kind: 'hole'; length: number }
  | { kind: 'end'; skipped: number };

/** The guest has sent what is no message of records; says what of it is wrong. */
export class RecordFault extends Error {}

const MAX_NAME = 255;
const MAX_TARGET = 4095;
const MAX_XATTRS = 1024;

class Input {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  get isEmpty(): boolean {
    return this.#at === this.bytes.length;
  }

  byte(): number {
    const byte = this.bytes[this.#at];
    if (byte === undefined) throw new RecordFault('a record that is cut short');
    this.#at += 1;
    return byte;
  }

  number(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (value > Number.MAX_SAFE_INTEGER) throw new RecordFault('a number that is too large');
      if (byte < 0x80) return value;
    }
  }

  signed(): number {
    const value = this.number();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  take(most: number): Buffer {
    const length = this.number();
    if (length > most || length > this.bytes.length - this.#at) throw new RecordFault('bytes that are too many');
    this.#at += length;
    return this.bytes.subarray(this.#at - length, this.#at);
  }
}

/** One component of a path, so that it leads nowhere. */
const name = (input: Input): Buffer => {
  const bytes = input.take(MAX_NAME);
  const found = bytes.toString('latin1');
  if (['', '.', '..'].includes(found) || /[/\0]/.test(found)) throw new RecordFault('a name that is none');
  return bytes;
};

/** The name of a top whose content alone is copied is empty. */
const directoryName = (input: Input): Buffer => {
  const bytes = input.take(MAX_NAME);
  const found = bytes.toString('latin1');
  if (['.', '..'].includes(found) || /[/\0]/.test(found)) throw new RecordFault('a name that is none');
  return bytes;
};

const meta = (input: Input): FileMeta => {
  const found = { mode: input.number(), uid: input.number(), gid: input.number(), seconds: input.signed(), nanos: input.number() };
  if (found.mode > 0o7777 || found.nanos >= 1e9 || Math.max(found.uid, found.gid) >= 2 ** 32 - 1)
    throw new RecordFault("a file's data that cannot be");
  const xattrs = input.number();
  if (xattrs > MAX_XATTRS) throw new RecordFault('attributes that are too many');
  // A tar stream has no place for them.
  for (let left = 2 * xattrs; left > 0; left -= 1) input.take(Infinity);
  return found;
};

/** Whether the directory comes with attributes. */
const optional = (input: Input): FileMeta | undefined => {
  const flag = input.byte();
  if (flag > 1) throw new RecordFault('a flag that is none');
  return flag === 1 ? meta(input) : undefined;
};

const record = (input: Input): CopyRecord => {
  const kind = input.byte();
  switch (kind) {
    case 1:
      return { kind: 'enter', name: directoryName(input), meta: optional(input) };
    case 2:
      return { kind: 'leave' };
    case 3:
      return { kind: 'file', name: name(input), meta: meta(input), id: input.number(), size: input.number() };
    case 4:
      return { kind: 'symlink', name: name(input), meta: meta(input), id: input.number(), target: input.take(MAX_TARGET) };
    case 5:
      return { kind: 'fifo', name: name(input), meta: meta(input), id: input.number() };
    case 6:
      return { kind: 'link', name: name(input), id: input.number() };
    case 7:
      return { kind: 'data', content: input.take(Infinity) };
    case 8:
      return { kind: 'hole', length: input.number() };
    case 9:
      input.number();
      return { kind: 'end', skipped: input.number() };
    default:
      throw new RecordFault('a record of no kind');
  }
};

/** The records of a message. @throws RecordFault */
export const readRecords = function* (message: Buffer): Generator<CopyRecord> {
  const input = new Input(message);
  while (!input.isEmpty) yield record(input);
};
