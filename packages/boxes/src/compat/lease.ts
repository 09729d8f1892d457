import { BoxliteError, BoxliteRuntime, type RuntimeOptions } from '@boxlite/core';
import { type HeldRuntime, holdDefaultRuntime, type RuntimeSource } from '../default-runtime.js';

/** A runtime that is opened when it is first needed. Without options it is the one that all share who name none. */
export class Lease implements RuntimeSource {
  readonly #options: RuntimeOptions | undefined;
  #held: Promise<HeldRuntime> | undefined;
  #closed: Promise<void> | undefined;

  constructor(options?: RuntimeOptions) {
    this.#options = options;
  }

  async #open(): Promise<HeldRuntime> {
    if (this.#options === undefined) return holdDefaultRuntime();
    const runtime = await BoxliteRuntime.open(this.#options);
    return { runtime, release: () => runtime.close() };
  }

  async runtime(): Promise<BoxliteRuntime> {
    if (this.#closed !== undefined) throw new BoxliteError('Stopped', 'the runtime is closed; make another one');
    this.#held ??= this.#open();
    const mine = this.#held;
    try {
      return (await mine).runtime;
    } catch (error) {
      // The next one who asks tries again.
      if (this.#held === mine) this.#held = undefined;
      throw error;
    }
  }

  async hold(): Promise<HeldRuntime> {
    return { runtime: await this.runtime(), release: () => Promise.resolve() };
  }

  /** Idempotent. */
  close(): Promise<void> {
    const held = this.#held;
    this.#closed ??= (async () => {
      // One that could not be opened needs no closing.
      await (await held?.catch(() => undefined))?.release();
    })();
    return this.#closed;
  }
}
