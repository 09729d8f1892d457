import { constants } from 'node:os';
import { type NativeProcessWatch, native } from './native.js';
import { callNative } from './native-error.js';

/** The longest interval that a timer takes: 24.8 days. */
const LONGEST_INTERVAL_MS = 0x7fff_ffff;

/** How a process ended; both null when that cannot be known. */
export interface ProcessExit {
  code: number | null;
  signal: string | null;
}

const signalName = (number: number): string =>
  Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `SIG${String(number)}`;

/**
 * A process that need not be a child of this one, held by a pidfd: its end is an event, and a signal reaches it or none.
 *
 * Like an unref'd handle of Node.js, a watch does not keep the program alive; `ref` makes it do so until the process ends.
 */
export class ProcessWatch {
  /** Resolves when the process has ended (reaped by its parent or not); never rejects. Stays pending when `close` comes first. */
  readonly exited: Promise<ProcessExit>;
  #native: NativeProcessWatch | undefined;
  #keepAlive: NodeJS.Timeout | undefined;

  private constructor(watch: NativeProcessWatch, exited: Promise<ProcessExit>) {
    this.#native = watch;
    this.exited = exited.then((exit) => {
      this.close();
      return exit;
    });
  }

  /**
   * Undefined when there is no process with this id that started at this time (see `processStartTime`), or it has ended, reaped or not.
   * @param child It is a child of this process that nobody else waits for: how it ended is known, and nothing of it is left, also after `close`. One
   *   that has ended already is told of as others are.
   */
  static open(pid: number, startTime: bigint, { child = false } = {}): ProcessWatch | undefined {
    if (!Number.isInteger(pid) || pid < 1 || pid > 0x7fff_ffff || startTime < 0n) return undefined;
    let resolve = (_: ProcessExit): void => undefined;
    const exited = new Promise<ProcessExit>((settle) => {
      resolve = settle;
    });
    const watch = callNative(() =>
      native().watchProcess(pid, startTime, child, (exit) => {
        resolve({ code: exit?.code ?? null, signal: exit?.signal === undefined ? null : signalName(exit.signal) });
      }),
    );
    return watch === null ? undefined : new ProcessWatch(watch, exited);
  }

  /**
   * Sends a signal by its number; 0 only asks whether the process is there. False when it has ended or the watch is closed.
   *
   * @throws BoxliteError `InvalidArgument` for a number that is no signal; `Internal` (reason `EPERM`) for a process of another user.
   */
  kill(signal: number): boolean {
    return callNative(() => this.#native?.kill(signal) ?? false);
  }

  /** Keeps the program alive until the process ends or `unref` is called. */
  ref(): this {
    // Nothing of Node's own stands for a pidfd; a timer that never has to fire does.
    if (this.#native !== undefined) this.#keepAlive ??= setInterval(() => undefined, LONGEST_INTERVAL_MS);
    return this;
  }

  unref(): this {
    clearInterval(this.#keepAlive);
    this.#keepAlive = undefined;
    return this;
  }

  /** Stops watching; the process is left as it is. Idempotent. */
  close(): void {
    this.unref();
    this.#native?.close();
    this.#native = undefined;
  }
}
