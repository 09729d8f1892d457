import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { outputError, print } from '../output/print.js';

/** More than a Box may have sent without having been read. */
const MAX_LATE_BYTES = 4 << 20;

/** Copies an output of a command to one of ours, with back-pressure. The target stays open: others write to it, too. */
export class OutputCopy {
  /** Resolves when the output has ended or was cut, which the execution's wait() tells apart. Rejects when it cannot be written. */
  readonly ended: Promise<void>;
  readonly #from: Readable;
  readonly #to: Writable;
  #received = 0;

  constructor(from: Readable, to: Writable) {
    this.#from = from;
    this.#to = to;
    this.ended = new Promise((resolve, reject) => {
      from.on('data', (chunk: Buffer) => {
        this.#received += chunk.length;
        const hasRoom = to.write(chunk, (error) => {
          if (error === null || error === undefined) return;
          reject(outputError(error));
          from.destroy();
        });
        if (hasRoom) return;
        from.pause();
        to.once('drain', () => from.resume());
      });
      from.once('close', resolve);
    });
    this.ended.catch(() => undefined);
  }

  /**
   * Writes the rest, after the command's end. All that it printed has come by then; an output that still does not end is held by
   * a process that it left behind, and not waited for.
   * @throws OutputClosedError, CliError when it cannot be written
   */
  async finish(): Promise<void> {
    const limit = this.#received + MAX_LATE_BYTES;
    for (;;) {
      const before = this.#received;
      await nextTurn();
      if (this.#from.closed || this.#received > limit) break;
      if (this.#from.isPaused()) await Promise.race([once(this.#to, 'drain'), this.ended]);
      else if (this.#received === before) break;
    }
    this.#from.destroy();
    await this.ended;
    await print(this.#to, '');
  }
}
