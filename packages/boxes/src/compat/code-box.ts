import { CodeBox as OurCodeBox } from '../code/code-box.js';
import type { SimpleBoxOptions } from './box-options.js';
import { SimpleBox, wrapped } from './simple-box.js';

export type CodeBoxOptions = SimpleBoxOptions;

/** A Box that runs Python, of the image `python:slim` unless another is named. What a run leaves the next one finds. More of it has that of `@boxlite/boxes`: results, plots, JavaScript. */
export class CodeBox extends SimpleBox {
  declare protected readonly inner: OurCodeBox;

  protected override make(options: CodeBoxOptions): OurCodeBox {
    return new OurCodeBox(wrapped(options));
  }

  /**
   * Runs code and gives what it printed on stdout.
   * @param timeout - after so many seconds the code is ended; never by default
   * @throws ExecError when the code fails; its `stderr` ends with the traceback.
   * @throws TimeoutError when it takes too long.
   */
  run(code: string, timeout?: number): Promise<string> {
    return this.inner.run(code, timeout === undefined ? {} : { timeoutSecs: timeout });
  }

  /** {@link run} of a file of this host. */
  runScript(scriptPath: string): Promise<string> {
    return this.inner.runScript(scriptPath);
  }

  /** As that of `@boxlite/boxes`. */
  installPackage(name: string): Promise<string> {
    return this.inner.installPackage(name);
  }

  /** As that of `@boxlite/boxes`. */
  installPackages(...names: string[]): Promise<string> {
    return this.inner.installPackages(...names);
  }
}
