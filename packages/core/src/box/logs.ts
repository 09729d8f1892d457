import { watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { once } from 'node:events';
import { StringDecoder } from 'node:string_decoder';
import { BoxliteError, errnoCode } from '@boxlite/shared';

/** One line of a Box's log. */
export interface LogLine {
  /** Where it came from: the VM's console. */
  source: 'console';
  /** Without its line end. */
  text: string;
}

const CHUNK = 64 << 10;
/** A guest may print without ever ending a line; what is longer is cut into pieces of this many characters. */
const MAX_LINE = 64 << 10;

/** Reads the console's file to its end, and with `follow` goes on as it grows, until the signal or the end of the iteration. */
export async function* readLogs(path: string, options: { follow?: boolean; signal?: AbortSignal }): AsyncGenerator<LogLine> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw BoxliteError.from(error, 'Storage', `cannot read ${path}`);
  });
  if (file === undefined) return;
  const watcher = options.follow === true ? watch(path) : undefined;
  try {
    const decoder = new StringDecoder('utf8');
    const buffer = Buffer.alloc(CHUNK);
    let rest = '';
    for (;;) {
      // Asked for before the read: a change that comes between the two is not missed.
      const changed =
        watcher === undefined ? undefined : once(watcher, 'change', options.signal === undefined ? {} : { signal: options.signal });
      changed?.catch(() => undefined);
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, CHUNK);
        if (bytesRead === 0) break;
        rest += decoder.write(buffer.subarray(0, bytesRead));
        const lines = rest.split(/\r?\n/);
        rest = lines.pop() ?? '';
        for (const text of lines) yield { source: 'console', text };
        for (; rest.length > MAX_LINE; rest = rest.slice(MAX_LINE)) yield { source: 'console', text: rest.slice(0, MAX_LINE) };
      }
      if (changed === undefined || options.signal?.aborted === true) break;
      const more = await changed.then(
        () => true,
        () => false,
      );
      if (!more) break;
    }
    if (rest !== '') yield { source: 'console', text: rest };
  } finally {
    watcher?.close();
    await file.close();
  }
}
