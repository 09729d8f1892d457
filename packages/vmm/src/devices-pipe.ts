import { asChanges, checkPid, type MemoryChanges, type RamOfVmm } from './memory-changes.js';
import { native, type NativeDevicesPipe } from './native.js';
import { awaitNative, callNative } from './native-error.js';

/**
 * Takes memory and devices of a VMM as they are at one moment.
 *
 * A VMM whose guest stands still goes on to move bytes between its sockets and the guest's queues, so what is read of it first does not fit
 * what is read later. Here it writes the devices' state into a pipe that is soon full, and does nothing else until the memory is read.
 *
 * ```text
 * create ─▶ the VMM is told to save its devices to `path`, and `capture` is called
 *                        └─ it refuses ─▶ `cancel` ─▶ capture fails
 * ```
 */
export class DevicesPipe implements Disposable {
  /** What the VMM is to write to. Gone when this is disposed of. */
  readonly path: string;
  readonly #native: NativeDevicesPipe;

  private constructor(path: string, pipe: NativeDevicesPipe) {
    this.path = path;
    this.#native = pipe;
  }

  /** Makes a pipe of this name. @throws BoxliteError `Storage` with an errno's name. */
  static create(path: string): DevicesPipe {
    return new DevicesPipe(
      path,
      callNative(() => native().DevicesPipe.create(path)),
    );
  }

  /**
   * Waits until the VMM writes, for at most 30 s; reads its memory while it stands still; then writes the devices' state (at most 64 MiB) to
   * `output`, a new file. Whatever fails, the VMM goes on.
   *
   * @throws BoxliteError as `MemoryChanges.capture`; `Engine`, reason `devices-unsaved`, when the VMM does not write, or too much;
   * `Storage` when `output` cannot be written; `InvalidState` (`released`).
   */
  async capture({ pid, ram }: RamOfVmm, output: string): Promise<MemoryChanges> {
    checkPid(pid);
    return asChanges(await awaitNative(() => this.#native.capture(pid, ram, output)));
  }

  /** Lets {@link capture} fail, if it waits still: the VMM will not write. */
  cancel(): void {
    this.#native.cancel();
  }

  [Symbol.dispose](): void {
    this.#native.release();
  }
}
