import { openSync, readSync, writeSync } from 'node:fs';
import { constants } from 'node:os';

/** Offsets of `native/faults/src/control.rs`. */
const COUNTDOWN = 0;
const ERRNO = 4;
const FAILURES = 8;
const CLOCK = 16;
const BYTES = 24;

/** What a worker's library of faults looks at: a file that both have mapped, or written. */
export class FaultControl {
  readonly #file: number;

  constructor(readonly path: string) {
    this.#file = openSync(path, 'w+', 0o600);
    writeSync(this.#file, Buffer.alloc(BYTES), 0, BYTES, 0);
  }

  /** The so manieth write from now fails, and so many after it. */
  breakWrites(after: number, errno: 'EIO' | 'ENOSPC', failures: number): void {
    this.#put(ERRNO, constants.errno[errno]);
    this.#put(FAILURES, failures);
    this.#put(COUNTDOWN, after);
  }

  /** @param seconds how far the clock of the day is off from now on */
  setClock(seconds: number): void {
    const value = Buffer.alloc(8);
    value.writeBigInt64LE(BigInt(seconds));
    writeSync(this.#file, value, 0, value.length, CLOCK);
  }

  /** Nothing fails any more; how many failures were asked for and have not come. */
  mend(): number {
    this.#put(COUNTDOWN, 0);
    const left = Buffer.alloc(4);
    readSync(this.#file, left, 0, left.length, FAILURES);
    this.setClock(0);
    return left.readInt32LE();
  }

  #put(offset: number, value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value);
    writeSync(this.#file, bytes, 0, bytes.length, offset);
  }
}
