import { native, type NativeTreeSource } from './native.js';
import { awaitNative, callNative } from './native-error.js';
import { NOTHING_COPIED, type TreeCopied, treeCopied } from './tree-copied.js';

export interface TreeSourceOptions {
  /** When the path is a link: what it leads to. @defaultValue false */
  follow?: boolean | undefined;
  /** Extended attributes of all kinds that decide who may do what, not only `user.*`. @defaultValue false */
  archive?: boolean | undefined;
}

/**
 * A tree of this machine as the messages of a copy (`native/copy/src/record.rs`), read on threads of their own, some messages ahead of who
 * takes them.
 */
export class TreeSource implements AsyncIterable<Buffer[]>, AsyncDisposable {
  /** What was read so far. */
  copied: TreeCopied = NOTHING_COPIED;

  private constructor(private readonly source: NativeTreeSource) {}

  /**
   * @param path - absolute; with `/` at its end a link is followed, with `/.` only what is in the directory is read.
   * @throws BoxliteError `NotFound`, `Storage` and others, with an errno's name as reason.
   */
  static async open(path: Buffer, { follow = false, archive = false }: TreeSourceOptions = {}): Promise<TreeSource> {
    const source = callNative(() => new (native().TreeSource)());
    await awaitNative(() => source.open(path, follow, archive));
    return new TreeSource(source);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer[]> {
    let next = this.#read();
    for (;;) {
      const messages = await next;
      if (messages.length === 0) return;
      next = this.#read();
      // Seen when it is awaited; until then it must not end the process.
      next.catch(() => undefined);
      yield messages;
    }
  }

  async #read(): Promise<Buffer[]> {
    const { messages, copied } = await awaitNative(() => this.source.read());
    this.copied = treeCopied(copied);
    return messages;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await awaitNative(() => this.source.close());
  }
}
