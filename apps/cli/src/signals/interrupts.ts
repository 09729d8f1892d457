import { InterruptedError } from '../errors/cli-error.js';
import { exitCodeOfSignal } from '../errors/exit-code.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
/** This many Ctrl-C within this time mean that the command shall be killed. */
const INSIST_COUNT = 3;
const INSIST_MS = 2_000;

/** What receives the signals: `process`, or a stand-in for it. */
export interface SignalSource {
  on(event: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(event: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}

/** Passes a signal on to the command that runs. */
export type Forward = (signal: NodeJS.Signals) => void;

export interface InterruptsOptions {
  source?: SignalSource;
  /** Ends the process at once, when a second signal comes while the first is being obeyed. */
  exit?: (signal: NodeJS.Signals) => void;
  now?: () => number;
  /** Aborts when nobody waits for the command any more. */
  lost?: AbortSignal | undefined;
}

/**
 * What SIGINT, SIGTERM, SIGHUP and SIGQUIT do to `boxlite`.
 *
 * ```
 * aborting (at first) ──signal→ `signal` aborts, cleaning up ──signal→ exit
 *     ↑↓ forwardTo / its end
 * forwarding ──signal→ to the command; the third SIGINT within 2 s → SIGKILL to it; one more → aborts
 * ```
 *
 * `hurry` aborts at the first signal in either state: whoever sent it does not want to wait for what only later commands gain from.
 */
export class Interrupts implements Disposable {
  readonly #abort = new AbortController();
  readonly #hurry = new AbortController();
  readonly #source: SignalSource;
  readonly #exit: (signal: NodeJS.Signals) => void;
  readonly #now: () => number;
  #forward: Forward | undefined;
  #recent: number[] = [];
  #killed = false;

  constructor({ source = process, exit = exitAtOnce, now = () => performance.now(), lost }: InterruptsOptions = {}) {
    this.#source = source;
    this.#exit = exit;
    this.#now = now;
    for (const each of SIGNALS) source.on(each, this.#onSignal);
    lost?.addEventListener('abort', () => {
      this.#abort.abort(new InterruptedError('SIGHUP'));
    });
  }

  /** Aborts, with an {@link InterruptedError}, when a signal ends what is being done. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Aborts at the first signal, also when that goes to a command. */
  get hurry(): AbortSignal {
    return this.#hurry.signal;
  }

  /** Lets signals go to a command until the result is disposed. */
  forwardTo(forward: Forward): Disposable {
    this.#forward = forward;
    this.#recent = [];
    this.#killed = false;
    return {
      [Symbol.dispose]: () => {
        if (this.#forward === forward) this.#forward = undefined;
      },
    };
  }

  /** The promise's outcome, unless a signal ends the wait for it. */
  async until<T>(promise: Promise<T>): Promise<T> {
    promise.catch(() => undefined);
    const { signal } = this;
    signal.throwIfAborted();
    let onAbort = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => {
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort);
    });
    try {
      return await Promise.race([promise, aborted]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** The outcome of work that cannot be broken off. When a signal came meanwhile, what it made is taken back. */
  async orTakeBack<T>(promise: Promise<T>, takeBack: (made: T) => Promise<unknown>): Promise<T> {
    const made = await promise;
    if (this.signal.aborted) await takeBack(made);
    this.signal.throwIfAborted();
    return made;
  }

  [Symbol.dispose](): void {
    for (const each of SIGNALS) this.#source.off(each, this.#onSignal);
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.#hurry.abort();
    if (this.#forward !== undefined && !this.#killed) {
      this.#killed = signal === 'SIGINT' && this.#insists();
      this.#forward(this.#killed ? 'SIGKILL' : signal);
    } else if (this.signal.aborted) {
      this.#exit(signal);
    } else {
      this.#abort.abort(new InterruptedError(this.#killed ? 'SIGKILL' : signal));
    }
  };

  #insists(): boolean {
    const now = this.#now();
    this.#recent = [...this.#recent.filter((time) => now - time < INSIST_MS), now];
    return this.#recent.length >= INSIST_COUNT;
  }
}

/** Attached VMs end with their parent, so nothing is left running even so. */
const exitAtOnce = (signal: NodeJS.Signals): void => {
  process.exit(exitCodeOfSignal(signal));
};
