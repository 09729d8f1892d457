import { BoxliteError } from '@boxlite/core';
import { ExecError } from '../errors.js';
import { type ExecRest, readExecCall } from '../simple/exec-arguments.js';
import type { ExecResult } from '../simple/exec-result.js';
import { SimpleBox as OurSimpleBox } from '../simple/simple-box.js';
import { boxInfoOf, type JsBoxInfo } from './box-info.js';
import { inOurWords, type SimpleBoxOptions } from './box-options.js';
import { JsBox } from './box.js';
import { defaultRuntime } from './boxlite.js';
import type { CopyOptions } from './copy.js';
import { boxMetricsOf, type JsBoxMetrics } from './metrics.js';
import { NetworkHandle } from './refused.js';

/** Options in the words of the box that is wrapped, with the runtime that it belongs to. */
export const wrapped = <Options extends SimpleBoxOptions>(options: Options) => {
  const runtime = options.runtime ?? defaultRuntime();
  return { ...inOurWords(options), ...(runtime !== undefined && { runtime }) };
};

/** What programs expect of a command that could not be started: the code and words that a shell would have. */
const asFromAShell = (error: unknown, command: string, rest: ExecRest): unknown => {
  if (!(error instanceof BoxliteError)) return error;
  const called = [command, ...readExecCall(rest).args].join(' ');
  if (error.reason === 'command-not-found') return new ExecError(called, 127, `${command}: not found: ${error.message}`);
  if (error.reason === 'command-not-executable') return new ExecError(called, 126, `${command}: cannot be run: ${error.message}`);
  return error;
};

/** A Box that is made when it is first used and removed when it is stopped. `await using` stops it at the end of the block. */
export class SimpleBox implements AsyncDisposable {
  protected readonly inner: OurSimpleBox;
  /** The network, which a Box has not yet. */
  readonly network = new NetworkHandle();

  /**
   * Nothing is made yet.
   * @throws BoxliteError `Unsupported` for what there is not yet; `InvalidArgument` for what makes no sense.
   */
  constructor(options: SimpleBoxOptions = {}) {
    this.inner = this.make(options);
  }

  /** The box that is wrapped. For boxes of another kind; called before they have anything. */
  protected make(options: SimpleBoxOptions): OurSimpleBox {
    return new OurSimpleBox(wrapped(options));
  }

  /** The Box below, for programs that reach for it. Calls before the Box is made wait for that. */
  protected get _box(): Pick<JsBox, 'exec' | 'copyIn' | 'copyOut'> {
    const made = async (): Promise<JsBox> => new JsBox(await this.inner.handle());
    return {
      exec: async (...call) => (await made()).exec(...call),
      copyIn: async (...call) => (await made()).copyIn(...call),
      copyOut: async (...call) => (await made()).copyOut(...call),
    };
  }

  /**
   * The Box's id.
   * @throws BoxliteError `InvalidState` before it is used; {@link getId} makes it then.
   */
  get id(): string {
    return this.inner.id;
  }

  /** As it was given. */
  get name(): string | undefined {
    return this.inner.name;
  }

  /** Whether the Box was made by this, and not found by its name; null before it is used. */
  get created(): boolean | null {
    return this.inner.created;
  }

  /** The Box's id; makes the Box when it is not there. */
  getId(): Promise<string> {
    return this.inner.getId();
  }

  /**
   * What is known of the Box.
   * @throws BoxliteError `InvalidState` before it is used; {@link getInfo} makes it then.
   */
  async info(): Promise<JsBoxInfo> {
    return boxInfoOf(await this.inner.info());
  }

  /** What is known of the Box; makes the Box when it is not there. */
  async getInfo(): Promise<JsBoxInfo> {
    return boxInfoOf(await this.inner.getInfo());
  }

  /**
   * As that of `@boxlite/boxes`, but for commands that cannot be started.
   * @throws ExecError when there is no such command (`exitCode` 127), or it is none that can be run (126).
   */
  async exec(command: string, ...rest: ExecRest): Promise<ExecResult> {
    try {
      return await this.inner.exec(command, ...rest);
    } catch (error) {
      throw asFromAShell(error, command, rest);
    }
  }

  /** Copies a file or tree from the host into the Box, as `docker cp`; directories above the target are made. */
  async copyIn(hostPath: string, containerDest: string, options?: CopyOptions): Promise<void> {
    await new JsBox(await this.inner.handle()).copyIn(hostPath, containerDest, options);
  }

  /** Copies a file or tree out of the Box to the host, as `docker cp`; directories above the target are made. */
  async copyOut(containerSrc: string, hostDest: string, options?: CopyOptions): Promise<void> {
    await new JsBox(await this.inner.handle()).copyOut(containerSrc, hostDest, options);
  }

  /** @throws BoxliteError `Unsupported`. */
  tunnel(port: number): Promise<never> {
    return this.network.tunnel(port);
  }

  /** How much the Box uses. */
  async metrics(): Promise<JsBoxMetrics> {
    return boxMetricsOf(await this.inner.metrics());
  }

  /** Stops the Box, which is removed by that unless `autoRemove` is false. Does nothing when it is not in use. Idempotent. */
  stop(): Promise<void> {
    return this.inner.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
