import { StringDecoder } from 'node:string_decoder';
import type { CodeOptions, CodeResult, Display } from './code-result.js';

const DEFAULT_MAX_OUTPUT = 10 << 20;

/** What a run prints and shows: told as it comes, and kept up to a bound. */
export class RunOutput {
  readonly #options: CodeOptions;
  readonly #streams = {
    stdout: { decoder: new StringDecoder(), text: [] as string[] },
    stderr: { decoder: new StringDecoder(), text: [] as string[] },
  };
  readonly #displays: Display[] = [];
  #left: number;
  #truncated = false;

  constructor(options: CodeOptions) {
    this.#options = options;
    this.#left = options.maxOutput ?? DEFAULT_MAX_OUTPUT;
  }

  print(stream: 'stdout' | 'stderr', bytes: Buffer): void {
    this.#take(stream, this.#streams[stream].decoder.write(bytes));
  }

  show(display: Display): void {
    this.#options.onDisplay?.(display);
    if (this.#fits(Object.values(display).reduce((sum, { length }) => sum + length, 0))) this.#displays.push(display);
  }

  /** All of it, when the run is over. */
  end(): Pick<CodeResult, 'stdout' | 'stderr' | 'displays' | 'pngs' | 'truncated'> {
    for (const stream of ['stdout', 'stderr'] as const) this.#take(stream, this.#streams[stream].decoder.end());
    return {
      stdout: this.#streams.stdout.text.join(''),
      stderr: this.#streams.stderr.text.join(''),
      displays: this.#displays,
      pngs: this.#displays.flatMap(({ 'image/png': png }) => (png === undefined ? [] : [png])),
      truncated: this.#truncated,
    };
  }

  #take(stream: 'stdout' | 'stderr', text: string): void {
    if (text === '') return;
    this.#options[stream === 'stdout' ? 'onStdout' : 'onStderr']?.(text);
    const kept = text.slice(0, this.#left);
    this.#streams[stream].text.push(kept);
    this.#left -= kept.length;
    if (kept.length < text.length) this.#truncated = true;
  }

  #fits(bytes: number): boolean {
    if (bytes > this.#left) {
      this.#truncated = true;
      return false;
    }
    this.#left -= bytes;
    return true;
  }
}
