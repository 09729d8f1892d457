import { InteractiveBox as OurInteractiveBox, type InteractiveBoxOptions as OurOptions } from '../interactive/interactive-box.js';
import type { SimpleBoxOptions } from './box-options.js';
import { SimpleBox, wrapped } from './simple-box.js';

export type InteractiveBoxOptions = SimpleBoxOptions & Pick<OurOptions, 'shell' | 'tty'>;

/** A Box with a shell in this program's terminal: `start` it, `wait` for the shell to end, `stop`. */
export class InteractiveBox extends SimpleBox {
  declare protected readonly inner: OurInteractiveBox;

  /** Nothing is made yet. What SimpleBox throws. */
  constructor(options: InteractiveBoxOptions = {}) {
    super(options);
  }

  protected override make(options: InteractiveBoxOptions): OurInteractiveBox {
    return new OurInteractiveBox(wrapped(options));
  }

  /** Boots the Box and starts the shell in it. Idempotent. */
  start(): Promise<void> {
    return this.inner.start();
  }

  /**
   * Waits for the shell to end, and all it has shown.
   * @throws BoxliteError `InvalidState` before `start`; `Stopped` when the Box is stopped meanwhile.
   */
  async wait(): Promise<void> {
    await this.inner.wait();
  }
}
