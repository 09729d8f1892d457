import { native, type NativeTreeSink } from './native.js';
import { awaitNative, callNative } from './native-error.js';
import { NOTHING_COPIED, type TreeCopied, treeCopied } from './tree-copied.js';

export interface TreeSinkOptions {
  /** Files keep their owner, and setuid and setgid; without it they belong to who copies. @defaultValue false */
  archive?: boolean | undefined;
}

/**
 * Writes the tree that messages of a copy (`native/copy/src/record.rs`) tell of, on threads of their own. The messages are trusted in nothing:
 * nothing is written outside the target. What is not complete has no final name, and is removed at the end of the block.
 */
export class TreeSink implements AsyncDisposable {
  /** What was written so far. */
  copied: TreeCopied = NOTHING_COPIED;
  /** All has come, and is in its place. */
  ended = false;
  readonly #sink: NativeTreeSink;

  /** @param path - absolute; into it when it is a directory, else under that name; with a slash at its end only a directory is right. */
  constructor(path: Buffer, { archive = false }: TreeSinkOptions = {}) {
    this.#sink = callNative(() => new (native().TreeSink)(path, archive));
  }

  /**
   * @throws BoxliteError `Portal` (`protocol-violation`) for messages that are none; `NotFound`, `InvalidArgument`, `Storage` and others, with
   * an errno's name as reason.
   */
  async write(messages: Buffer[]): Promise<void> {
    const { ended, copied } = await awaitNative(() => this.#sink.write(messages));
    this.ended = ended;
    this.copied = treeCopied(copied);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await awaitNative(() => this.#sink.close());
  }
}
