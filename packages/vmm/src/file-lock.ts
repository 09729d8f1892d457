import { type NativeFileLock, native } from './native.js';
import { callNative } from './native-error.js';

/** Locks that are held. Without this, one that nobody refers to any more would be freed by the garbage collector. */
const held = new Set<FileLock>();

/**
 * An exclusive lock on a file, with this process's id inside the file. The kernel frees it when the process dies, however it dies.
 * The file stays when the lock is released.
 */
export class FileLock {
  readonly #native: NativeFileLock;

  private constructor(lock: NativeFileLock) {
    this.#native = lock;
    held.add(this);
  }

  /**
   * Takes the lock at once or fails; makes the file when there is none.
   *
   * @throws BoxliteError `Config` (reason `locked`), naming the holder's process id; `Storage` when the file cannot be opened.
   */
  static acquire(path: string): FileLock {
    return new FileLock(callNative(() => native().FileLock.acquire(path)));
  }

  /** Frees the lock. Idempotent. */
  release(): void {
    held.delete(this);
    this.#native.release();
  }
}
