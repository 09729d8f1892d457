import {
  BoxliteError,
  type BoxInfo,
  type BoxMetrics,
  type CopyInOptions,
  type CopyOptions,
  type CopyResult,
  type ExecOptions,
  type Execution,
  type LiteBox,
} from '@boxlite/core';
import { type HeldRuntime, holdDefaultRuntime } from '../default-runtime.js';
import { TimeoutError } from '../errors.js';
import { type ExecRest, readExecCall } from './exec-arguments.js';
import { execResult, type ExecResult } from './exec-result.js';
import { planOf, type SimpleBoxOptions, type SimpleBoxPlan } from './simple-box-options.js';

/** What a SimpleBox has while it is in use. */
interface InUse {
  readonly box: LiteBox;
  readonly created: boolean;
  release(): Promise<void>;
}

/**
 * A Box that is made when it is first used and removed when it is stopped; its runtime is opened and closed behind it. What more a Box can
 * do, {@link SimpleBox.handle} gives.
 *
 * All methods may be called at the same time. `await using` stops it at the end of the block.
 */
export class SimpleBox implements AsyncDisposable {
  readonly name: string | undefined;
  readonly #options: SimpleBoxOptions;
  readonly #plan: SimpleBoxPlan;
  #inUse: Promise<InUse> | undefined;
  #there: InUse | undefined;
  /** Of a Box that was stopped and is kept. */
  #kept: string | undefined;
  #gone = false;
  /** The last stop, for whoever asks for it again. */
  #stopped: Promise<void> = Promise.resolve();

  /**
   * Nothing is made yet.
   * @throws BoxliteError `Unsupported` for what there is not yet; `InvalidArgument` for options that exclude each other.
   */
  constructor(options: SimpleBoxOptions = {}) {
    this.#options = options;
    this.#plan = planOf(options);
    this.name = options.name;
  }

  /**
   * The Box's id.
   * @throws BoxliteError `InvalidState` before it is used; {@link getId} makes it then.
   */
  get id(): string {
    if (this.#there === undefined) throw notMade();
    return this.#there.box.id;
  }

  /** Whether the Box was made by this, and not found by its name; null before it is used. */
  get created(): boolean | null {
    return this.#there?.created ?? null;
  }

  /** The Box's id; makes the Box when it is not there. */
  async getId(): Promise<string> {
    return (await this.handle()).id;
  }

  /**
   * What is known of the Box.
   * @throws BoxliteError `InvalidState` before it is used; {@link getInfo} makes it then.
   */
  async info(): Promise<BoxInfo> {
    if (this.#there === undefined) throw notMade();
    return this.#there.box.info();
  }

  /** What is known of the Box; makes the Box when it is not there. */
  async getInfo(): Promise<BoxInfo> {
    return (await this.handle()).info();
  }

  /**
   * The Box itself, with all that it can do: streams, files, snapshots, clones. Makes the Box when it is not there.
   * @throws BoxliteError `Stopped` when it was stopped, and removed by that; what `BoxliteRuntime.open` and `create` throw.
   */
  async handle(): Promise<LiteBox> {
    if (this.#inUse === undefined) await this.#stopped.catch(() => undefined);
    if (this.#gone)
      throw new BoxliteError('Stopped', 'the Box was stopped, and removed by that; make another one, or set autoRemove to false');
    this.#inUse ??= this.#take();
    const mine = this.#inUse;
    try {
      this.#there = await mine;
    } catch (error) {
      if (this.#inUse === mine) this.#inUse = undefined;
      throw error;
    }
    return this.#there.box;
  }

  async #hold(): Promise<HeldRuntime> {
    const { runtime } = this.#options;
    if (runtime === undefined) return holdDefaultRuntime();
    return 'hold' in runtime ? runtime.hold() : { runtime, release: () => Promise.resolve() };
  }

  async #take(): Promise<InUse> {
    const held = await this.#hold();
    const { runtime } = held;
    const release = () => held.release();
    const { box, reuse } = this.#plan;
    try {
      if (this.#kept !== undefined) return { box: await runtime.get(this.#kept), created: false, release };
      if (reuse) return { ...(await runtime.getOrCreate({ ...box, name: box.name ?? '' })), release };
      return { box: await runtime.create(box), created: true, release };
    } catch (error) {
      await held.release();
      throw error;
    }
  }

  /** Boots the Box, as the first {@link exec} does. Idempotent. */
  async start(): Promise<void> {
    await (await this.handle()).start();
  }

  /**
   * Runs a command to its end: `exec('ls', '-l', '/')`, or with an environment as the last argument; or `exec('ls', ['-l'], env, options)`.
   * A command that ends with another code than 0 is a result.
   * @throws TimeoutError after `timeoutSecs`.
   * @throws BoxliteError as `LiteBox.run`: `Execution` when it cannot be started, `ResourceExhausted` beyond `maxBuffer`.
   */
  async exec(command: string, ...rest: ExecRest): Promise<ExecResult> {
    const { args, options } = readExecCall(rest);
    const result = await (await this.handle()).run(command, args, options);
    if (result.timedOut) throw new TimeoutError(`'${command}' took longer than ${String((options.timeoutMs ?? 0) / 1000)} s and was ended`);
    return execResult(result);
  }

  /** Starts a command, with its output as streams. What `LiteBox.exec` throws. */
  async stream(command: string, args: readonly string[] = [], options: ExecOptions = {}): Promise<Execution> {
    return (await this.handle()).exec(command, args, options);
  }

  /** Copies a file or tree from the host into the Box, by the rules of `LiteBox.copyIn`. */
  async copyIn(hostPath: string, boxPath: string, options?: CopyInOptions): Promise<CopyResult> {
    return (await this.handle()).copyIn(hostPath, boxPath, options);
  }

  /** Copies a file or tree out of the Box to the host, by the rules of `LiteBox.copyOut`. */
  async copyOut(boxPath: string, hostPath: string, options?: CopyOptions): Promise<CopyResult> {
    return (await this.handle()).copyOut(boxPath, hostPath, options);
  }

  /** How much the Box uses. */
  async metrics(): Promise<BoxMetrics> {
    return (await this.handle()).metrics();
  }

  /**
   * Stops the Box, which is removed by that unless `autoRemove` is false; one that is kept goes on at the next use. Does nothing when it is
   * not in use. Idempotent.
   */
  stop(): Promise<void> {
    const inUse = this.#inUse;
    if (inUse !== undefined) {
      this.#inUse = undefined;
      this.#stopped = this.#stop(inUse);
    }
    return this.#stopped;
  }

  async #stop(inUse: Promise<InUse>): Promise<void> {
    // It could not be made: then there is nothing to stop.
    const there = await inUse.catch(() => undefined);
    if (there === undefined) return;
    if (this.#plan.box.autoRemove === true) this.#gone = true;
    else this.#kept = there.box.id;
    try {
      await there.box.stop();
    } catch (error) {
      // One that was found by its name may have been stopped, and removed by that, by whoever else had it.
      if (!(error instanceof BoxliteError && error.code === 'NotFound')) throw error;
    } finally {
      await there.release();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

const notMade = (): BoxliteError =>
  new BoxliteError('InvalidState', 'the Box is not made yet; use it, or call getId or getInfo, which makes it');
