/** Messages of records, the form in which trees travel between host and guest; `native/copy/src/record.rs` defines it. */

/** What is kept of a file beside its content. */
export interface FileMeta {
  /** Permission bits, setuid, setgid and sticky included. */
  mode: number;
  uid: number;
  gid: number;
  /** Of its last change, since the Unix epoch. */
  seconds: number;
  nanos: number;
}

/** Records are added to a message until it is as long. */
const FULL = 128 * 1024;
/** So much of a file's content at most in one record, so that no message gets longer than the guest takes. */
const MAX_DATA = 64 * 1024;

/** LEB128. */
const number = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
};

const zigzag = (value: number): number[] => number(value < 0 ? -2 * value - 1 : 2 * value);

const meta = ({ mode, uid, gid, seconds, nanos }: FileMeta): Buffer =>
  Buffer.from([...number(mode), ...number(uid), ...number(gid), ...zigzag(seconds), ...number(nanos), 0]);

const text = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from(number(bytes.length)), bytes]);

/** Gathers records to messages. An id of 0 is that of a file that gets no other names. */
export class RecordWriter {
  /** Those that were written. */
  entries = 0;
  #parts: Buffer[] = [];
  #length = 0;

  /** A directory, which what follows is in; without attributes one that is only on the way, or is there already. */
  enter(name: Buffer, attributes?: FileMeta): void {
    this.#entry(1, name, attributes === undefined ? Buffer.of(0) : Buffer.concat([Buffer.of(1), meta(attributes)]));
  }

  leave(): void {
    this.#put(Buffer.of(2));
  }

  /** As much {@link data} as `size` says is to follow. */
  file(name: Buffer, attributes: FileMeta, id: number, size: number): void {
    this.#entry(3, name, meta(attributes), Buffer.from([...number(id), ...number(size)]));
  }

  symlink(name: Buffer, attributes: FileMeta, target: Buffer): void {
    this.#entry(4, name, meta(attributes), Buffer.of(0), text(target));
  }

  fifo(name: Buffer, attributes: FileMeta): void {
    this.#entry(5, name, meta(attributes), Buffer.of(0));
  }

  /** Another name of the file with this id. */
  link(name: Buffer, id: number): void {
    this.#entry(6, name, Buffer.from(number(id)));
  }

  /** Gives the messages that are full. */
  *data(content: Buffer): Generator<Buffer> {
    for (let at = 0; at < content.length; at += MAX_DATA) {
      const piece = content.subarray(at, at + MAX_DATA);
      this.#put(Buffer.from([7, ...number(piece.length)]));
      this.#put(piece);
      if (this.isFull) yield this.take();
    }
  }

  end(): void {
    this.#put(Buffer.from([9, ...number(this.entries), 0]));
  }

  get isFull(): boolean {
    return this.#length >= FULL;
  }

  /** The message so far; the next one begins. */
  take(): Buffer {
    const message = Buffer.concat(this.#parts, this.#length);
    this.#parts = [];
    this.#length = 0;
    return message;
  }

  #entry(kind: number, name: Buffer, ...rest: readonly Buffer[]): void {
    this.entries += 1;
    this.#put(Buffer.of(kind));
    this.#put(text(name));
    for (const part of rest) this.#put(part);
  }

  #put(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.#length += bytes.length;
  }
}
