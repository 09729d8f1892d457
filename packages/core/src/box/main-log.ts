import { copyFileSync, fstatSync, ftruncateSync, openSync, writeSync, closeSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

/** The file begins anew at this size; what it held is kept once, as `<path>.1`. */
const MAX_BYTES = 16 << 20;
/** A line may never end; what is longer is cut into pieces of this many characters. */
const MAX_LINE = 64 << 10;

type Source = 'stdout' | 'stderr';

/**
 * Writes what a main process prints as lines of JSON. Written at once, in the order it came: the page cache takes it faster than a guest
 * prints, nothing piles up here, and nothing is lost when this process ends.
 */
export class MainLog implements Disposable {
  readonly #file: number;
  readonly #open: Record<Source, { decoder: StringDecoder; rest: string }> = {
    stdout: { decoder: new StringDecoder('utf8'), rest: '' },
    stderr: { decoder: new StringDecoder('utf8'), rest: '' },
  };
  #closed = false;

  /** @param fresh Forget what earlier starts have written. */
  constructor(
    private readonly path: string,
    { fresh }: { fresh: boolean },
  ) {
    this.#file = openSync(path, fresh ? 'w' : 'a', 0o600);
  }

  write(source: Source, chunk: Buffer): void {
    const open = this.#open[source];
    const lines = (open.rest + open.decoder.write(chunk)).split('\n');
    open.rest = lines.pop() ?? '';
    for (; open.rest.length > MAX_LINE; open.rest = open.rest.slice(MAX_LINE)) lines.push(open.rest.slice(0, MAX_LINE));
    this.#append(source, lines);
  }

  /** So many bytes are missing here. */
  writeMissed(source: Source, bytes: number): void {
    if (bytes > 0) this.#append(source, [`[${String(bytes)} bytes are missing: they were printed while no program was there]`]);
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    for (const source of ['stdout', 'stderr'] as const) {
      const { decoder, rest } = this.#open[source];
      const last = rest + decoder.end();
      if (last !== '') this.#append(source, [last]);
    }
    this.#closed = true;
    closeSync(this.#file);
  }

  #append(source: Source, lines: readonly string[]): void {
    if (lines.length === 0 || this.#closed) return;
    if (fstatSync(this.#file).size > MAX_BYTES) {
      copyFileSync(this.path, `${this.path}.1`);
      ftruncateSync(this.#file);
    }
    const time = new Date().toISOString();
    writeSync(this.#file, lines.map((text) => `${JSON.stringify({ time, source, text: text.replace(/\r$/, '') })}\n`).join(''));
  }
}
