import { OUTPUT_CREDIT } from './arguments.js';

/** Credit goes back in portions of this size: few messages, and the guest never has less than three quarters to send. */
const PORTION = OUTPUT_CREDIT / 4;

/** What the guest may still send on one of stdout and stderr. */
export class OutputAccount {
  #credit = OUTPUT_CREDIT;
  #owed = 0;
  #flushed = false;
  #closed = false;

  get closed(): boolean {
    return this.#closed;
  }

  /** True when all that the command itself wrote has come. */
  get complete(): boolean {
    return this.#flushed || this.#closed;
  }

  /** Books a chunk; false when the guest had no right to send it. */
  take(bytes: number): boolean {
    if (this.#closed || bytes === 0 || bytes > this.#credit) return false;
    this.#credit -= bytes;
    return true;
  }

  /** Books bytes that were read; returns what the guest should be told of now, often 0. */
  giveBack(bytes: number): number {
    this.#owed += bytes;
    if (this.#closed || this.#owed < PORTION) return 0;
    const portion = this.#owed;
    this.#owed = 0;
    this.#credit += portion;
    return portion;
  }

  /** Books the end of what the command itself wrote; false when that was booked before, or the end of all. */
  flush(): boolean {
    if (this.complete) return false;
    this.#flushed = true;
    return true;
  }

  /** Books the end; false when it was booked before. */
  close(): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    return true;
  }
}
