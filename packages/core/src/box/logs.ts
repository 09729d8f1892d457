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

export interface ReadLogsOptions {
  signal?: AbortSignal | undefined;
  /** Go on as the file grows, until this resolves; undefined ends at the end of the file. */
  until?: Promise<void> | undefined;
}

/** Reads the console's file, and goes on as it grows if that is asked for, until the signal or the end of the iteration. */
export async function* readLogs(path: string, { signal, until }: ReadLogsOptions): AsyncGenerator<LogLine> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw BoxliteError.from(error, 'Storage', `cannot read ${path}`);
  });
  if (file === undefined) return;
  const watcher = until === undefined ? undefined : watch(path);
  const over = new AbortController();
  void until?.then(() => {
    over.abort();
  });
  try {
    const decoder = new StringDecoder('utf8');
    const buffer = Buffer.alloc(CHUNK);
    const stop = AbortSignal.any(signal === undefined ? [over.signal] : [over.signal, signal]);
    let rest = '';
    for (;;) {
      // Asked for before the read: a change that comes between the two is not missed.
      const changed = watcher === undefined || stop.aborted ? undefined : once(watcher, 'change', { signal: stop });
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
      if (changed === undefined || signal?.aborted === true) break;
      // At the VM's end, once more: what it printed last.
      await changed.catch(() => undefined);
    }
    if (rest !== '') yield { source: 'console', text: rest };
  } finally {
    watcher?.close();
    await file.close();
  }
}
