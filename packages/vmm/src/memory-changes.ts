import { BoxliteError } from '@boxlite/shared';
import { type NativeMemoryChanges, native } from './native.js';
import { awaitNative } from './native-error.js';

/** Bytes of a page of a guest's RAM. */
const PAGE_BYTES = 4096;

/** The RAM of a VM: where it is. */
export interface RamOfVmm {
  /** The VMM's process. This program must be allowed to read its memory: the same user, and an ancestor of it where Yama asks for that. */
  pid: number;
  /** The file that the VMM maps privately as its guest's RAM. It is recognised by device and inode, so it may have another name by now. */
  ram: string;
}

let nativeOf: (changes: MemoryChanges) => NativeMemoryChanges;
let changesOf: (native: NativeMemoryChanges) => MemoryChanges;

/**
 * The pages of a guest's RAM that differ from the file that its VMM maps privately. Held outside of the JavaScript heap until released.
 *
 * What it holds never changes, so any number of calls may run on it at the same time; a `release` meanwhile takes effect when they have ended.
 */
export class MemoryChanges implements Disposable {
  /** Changed pages, of 4096 bytes. */
  readonly pages: number;
  readonly #native: NativeMemoryChanges;

  static {
    nativeOf = (changes) => changes.#native;
    changesOf = (changes) => new MemoryChanges(changes);
  }

  private constructor(changes: NativeMemoryChanges) {
    this.#native = changes;
    this.pages = changes.pages;
  }

  /**
   * Reads them from a VMM whose guest stands still (`stop` over QMP); otherwise they are of no one moment. Of one that anybody is connected
   * to, see {@link DevicesPipe}.
   *
   * @throws BoxliteError `Engine`: reason `ram-not-mapped`, `vmm-gone`, or an errno's name (`EPERM`: the message tells what the host wants);
   * `ResourceExhausted` when there is no memory for them; `Storage` when `ram` cannot be opened; `InvalidArgument`.
   */
  static async capture({ pid, ram }: RamOfVmm): Promise<MemoryChanges> {
    checkPid(pid);
    return new MemoryChanges(await awaitNative(() => native().captureMemory(pid, ram)));
  }

  /**
   * Opens a file that `write` made, and checks all of it: format, counts, order, bounds, checksum.
   * The pages stay in the file: it may be removed or renamed, but not changed, until `release`.
   *
   * @throws BoxliteError `Storage`: reason `memory-damaged`, or an errno's name when it cannot be read; `InvalidArgument`.
   */
  static async read(path: string, { ramBytes }: { ramBytes: number }): Promise<MemoryChanges> {
    if (!Number.isSafeInteger(ramBytes) || ramBytes < 0) {
      throw new BoxliteError('InvalidArgument', `ramBytes is ${ramBytes}; it must be a number of bytes`);
    }
    return new MemoryChanges(await awaitNative(() => native().readMemory(path, ramBytes)));
  }

  /** Of all changed pages. Those that are all zero count here, though they take no space. */
  get bytes(): number {
    return this.pages * PAGE_BYTES;
  }

  /**
   * Writes them into a VMM that maps the same RAM privately and does not run yet. When it fails, that VMM's memory is of no use any more.
   *
   * @throws BoxliteError as `capture`; `Engine` with reason `ram-size` for a RAM of another size; `Storage` (`memory-damaged`) when the file behind
   * it was cut short; `InvalidState` (`released`).
   */
  async apply({ pid, ram }: RamOfVmm): Promise<void> {
    checkPid(pid);
    await awaitNative(() => this.#native.apply(pid, ram));
  }

  /**
   * Writes them to one file for `read`: made beside, durable, then renamed, so that there is a whole file or none. `sizeBytes` is the space it takes.
   *
   * @throws BoxliteError `ResourceExhausted` when the disk is full; `Storage` with an errno's name; `InvalidState` (`released`).
   */
  async write(path: string): Promise<{ sizeBytes: number }> {
    return awaitNative(() => this.#native.write(path));
  }

  /** Frees the memory, as soon as no call runs on it. Idempotent. */
  release(): void {
    this.#native.release();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

export const checkPid = (pid: number): void => {
  if (Number.isInteger(pid) && pid > 0 && pid <= 0x7fff_ffff) return;
  throw new BoxliteError('InvalidArgument', `${pid} is no process id`);
};

/** What other functions of this package work on. */
export const nativeChanges = (changes: MemoryChanges): NativeMemoryChanges => nativeOf(changes);

/** What another function of this package has read. */
export const asChanges = (changes: NativeMemoryChanges): MemoryChanges => changesOf(changes);
