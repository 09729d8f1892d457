import { readFile } from 'node:fs/promises';
import { BoxliteError } from '@boxlite/core';
import { ExecError, TimeoutError } from '../errors.js';
import { SimpleBox } from '../simple/simple-box.js';
import type { SimpleBoxOptions } from '../simple/simple-box-options.js';
import type { CodeOptions, CodeResult } from './code-result.js';
import { Interpreter } from './interpreter.js';
import { defaultImage, isLanguage, type Language } from './language.js';

/** Of a timer. */
const MAX_TIMEOUT_SECS = 2_147_483;
/** What a string can hold. */
const MAX_OUTPUT_BYTES = 256 << 20;

export interface CodeBoxOptions extends SimpleBoxOptions {
  /** What the code is written in. @defaultValue `python` */
  language?: Language;
  /** One with the language's interpreter: `python3`, or `node`. @defaultValue `python:slim` or `node:slim`, from a registry */
  image?: string;
}

/**
 * A Box that runs code. What a run leaves (variables, functions, modules) the next one finds. Runs wait for each other.
 *
 * The code is not trusted: whatever it prints, closes, starts or ends, the Box runs what comes next. An interpreter that has ended is
 * replaced, and the result says that what it held is lost.
 */
export class CodeBox extends SimpleBox {
  readonly language: Language;
  #interpreter: Interpreter | undefined;
  #hadOne = false;
  /** The last run; the next one waits for it. */
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Nothing is made yet.
   * @throws BoxliteError as SimpleBox; `Unsupported` for a language that there is not.
   */
  constructor(options: CodeBoxOptions = {}) {
    const { language = 'python', ...rest } = options;
    if (!isLanguage(language))
      throw new BoxliteError('Unsupported', `the language '${String(language)}' is not supported; there are python and node`);
    const hasRoot = rest.image !== undefined || rest.rootfs !== undefined || rest.rootfsPath !== undefined;
    super({ ...rest, ...(!hasRoot && { image: defaultImage(language) }) });
    this.language = language;
  }

  /**
   * Runs code and gives what it printed on stdout.
   * @throws ExecError when the code fails; its `stderr` ends with the traceback.
   * @throws TimeoutError when it takes too long.
   * @throws BoxliteError as {@link execute}.
   */
  async run(code: string, options: CodeOptions = {}): Promise<string> {
    const { stdout, stderr, error, timedOut } = await this.execute(code, options);
    if (timedOut) throw new TimeoutError(`the code took longer than ${String(options.timeoutSecs)} s and was ended`);
    if (error) throw new ExecError('run()', 1, `${stderr}${error.traceback || `${error.name}: ${error.message}`}`);
    return stdout;
  }

  /** {@link run} of a file of this host. */
  async runScript(path: string, options: CodeOptions = {}): Promise<string> {
    return this.run(await readFile(path, 'utf8'), options);
  }

  /**
   * Runs code and gives all that came of it. Code that fails, or takes too long, is a result.
   * @throws BoxliteError `Execution`, reason `command-not-found`, where the image has no interpreter; `Stopped` when the Box is stopped.
   * @throws ParseError when the code has taken the place of what speaks for it.
   * @throws AbortError when `signal` fires.
   */
  execute(code: string, options: CodeOptions = {}): Promise<CodeResult> {
    const { timeoutSecs, maxOutput } = options;
    for (const [name, value, most] of [
      ['timeoutSecs', timeoutSecs, MAX_TIMEOUT_SECS],
      ['maxOutput', maxOutput, MAX_OUTPUT_BYTES],
    ] as const) {
      if (value !== undefined && !(value >= 0 && value <= most)) {
        const message = `${name} is ${String(value)}; it must be a number from 0 to ${String(most)}`;
        return Promise.reject(new BoxliteError('InvalidArgument', message));
      }
    }
    const result = this.#last.then(() => this.#execute(code, options));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #execute(code: string, options: CodeOptions): Promise<CodeResult> {
    options.signal?.throwIfAborted();
    let restarted = false;
    if (this.#interpreter === undefined || this.#interpreter.isLost) {
      restarted = this.#hadOne;
      this.#interpreter = await Interpreter.start(await this.handle(), this.language);
      this.#hadOne = true;
    }
    const result = await this.#interpreter.run(code, options);
    return restarted ? { ...result, restarted } : result;
  }

  /** Interrupts the code that runs, as Ctrl-C does. Does nothing when none does. */
  interrupt(): void {
    this.#interpreter?.interrupt();
  }

  /** Ends the interpreter: what runs fails, and the next run finds nothing of what earlier ones left. */
  reset(): void {
    this.#interpreter?.end(new BoxliteError('Stopped', 'the interpreter was reset'));
    this.#interpreter = undefined;
    this.#hadOne = false;
  }

  /** @throws BoxliteError `Unsupported`: packages come over the network, which a Box has not yet. */
  installPackage(name: string): Promise<string> {
    return this.installPackages(name);
  }

  /** @throws BoxliteError `Unsupported`: packages come over the network, which a Box has not yet. */
  installPackages(...names: string[]): Promise<string> {
    const what = names.length === 0 ? 'packages' : names.join(', ');
    const message = `to install ${what} takes a network, which Boxes do not have yet; use an image that has it, or copy it in`;
    return Promise.reject(new BoxliteError('Unsupported', message));
  }

  /** As SimpleBox; code that runs fails. */
  override async stop(): Promise<void> {
    this.#interpreter?.end(new BoxliteError('Stopped', 'the Box was stopped'));
    this.#interpreter = undefined;
    await super.stop();
  }
}
