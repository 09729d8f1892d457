import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LiteBox } from '@boxlite/core';
import { sizeOf } from '../interactive/terminal.js';
import { boxInfoOf, type JsBoxInfo } from './box-info.js';
import { copyIn, copyOut, copyOutMany, type CopyOptions, type CopyOutOutcome, type CopyOutPair } from './copy.js';
import { JsExecution } from './execution.js';
import { boxMetricsOf, type JsBoxMetrics } from './metrics.js';
import { GIT, NetworkHandle, type RefusedPart, SSH } from './refused.js';
import { JsSnapshotHandle } from './snapshots.js';

/** A Box, by a handle of its own. */
export class JsBox {
  readonly #inner: LiteBox;
  /** The network, which a Box has not yet. */
  readonly network = new NetworkHandle();

  constructor(inner: LiteBox) {
    this.#inner = inner;
  }

  /** Unique in the home. */
  get id(): string {
    return this.#inner.id;
  }

  /** As it was given. */
  get name(): string | null {
    return this.#inner.name ?? null;
  }

  /** Its snapshots. */
  get snapshot(): JsSnapshotHandle {
    return new JsSnapshotHandle(this.#inner);
  }

  /** Not supported: run the image's own git. */
  get git(): RefusedPart {
    return GIT;
  }

  /** Not supported: Boxes have no network yet. */
  get ssh(): RefusedPart {
    return SSH;
  }

  /** What is known of the Box now. */
  async info(): Promise<JsBoxInfo> {
    return boxInfoOf(await this.#inner.info());
  }

  /** Boots the Box when it does not run. Idempotent. */
  async start(): Promise<void> {
    await this.#inner.start();
  }

  /**
   * Starts a command, and the Box itself when it does not run.
   * @param env - pairs of names and values
   * @param tty - with a terminal, of this program's size where that has one
   * @param timeoutSecs - after so many seconds the command is ended; never by default
   * @throws BoxliteError as `LiteBox.exec`
   */
  async exec(
    command: string,
    args?: readonly string[] | null,
    env?: readonly (readonly [string, string])[] | null,
    tty?: boolean | null,
    user?: string | null,
    timeoutSecs?: number | null,
    workingDir?: string | null,
  ): Promise<JsExecution> {
    const execution = await this.#inner.exec(command, args ?? [], {
      stdin: 'pipe',
      ...(env && { env: Object.fromEntries(env) }),
      ...(tty === true && { tty: sizeOf(process.stdout) ?? true }),
      ...(typeof user === 'string' && { user }),
      ...(typeof timeoutSecs === 'number' && { timeoutMs: timeoutSecs * 1000 }),
      ...(typeof workingDir === 'string' && { workingDir }),
    });
    return new JsExecution(execution);
  }

  /** Copies a file or tree from the host into the Box, as `docker cp`; directories above the target are made. */
  async copyIn(hostPath: string, containerDest: string, options?: CopyOptions | null): Promise<void> {
    await copyIn(this.#inner, hostPath, containerDest, options ?? {});
  }

  /** Copies a file or tree out of the Box to the host, as `docker cp`; directories above the target are made. */
  async copyOut(containerSrc: string, hostDest: string, options?: CopyOptions | null): Promise<void> {
    await copyOut(this.#inner, containerSrc, hostDest, options ?? {});
  }

  /** {@link copyOut} of each, in this order. What fails is said in its outcome, and does not keep the others. */
  copyOutMany(pairs: readonly CopyOutPair[]): Promise<CopyOutOutcome[]> {
    return copyOutMany(this.#inner, pairs);
  }

  /** How much the Box uses. */
  async metrics(): Promise<JsBoxMetrics> {
    return boxMetricsOf(await this.#inner.metrics());
  }

  /** Halts the guest; its memory stays where it is. Idempotent. */
  async pause(): Promise<void> {
    await this.#inner.pause();
  }

  /** Lets a paused guest go on. A Box that runs is left as it is. */
  async resume(): Promise<void> {
    await this.#inner.resume();
  }

  /** A Box that begins as this one is now. That of a Box that runs runs as well, with its processes. */
  async cloneBox(_options?: Record<string, never> | null, name?: string | null): Promise<JsBox> {
    const [made] = await this.#inner.clone(typeof name === 'string' ? { name } : {});
    return new JsBox(made as LiteBox);
  }

  /**
   * Writes the Box to one file, or into a directory, where it has its name or id with `.boxlite`.
   * @returns the file's path
   */
  async export(dest: string, _options?: Record<string, never> | null): Promise<string> {
    const isDirectory = await stat(dest).then(
      (there) => there.isDirectory(),
      () => false,
    );
    return this.#inner.export(isDirectory ? join(dest, `${this.name ?? this.id}.boxlite`) : dest);
  }

  /** Stops the Box, which is removed by that unless `autoRemove` is false. Idempotent. */
  async stop(): Promise<void> {
    await this.#inner.stop();
  }
}
