import { watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { once } from 'node:events';
import { StringDecoder } from 'node:string_decoder';
import { BoxliteError, errnoCode } from '@boxlite/shared';

/** One line of a Box's log. */
export interface LogLine {
  /** Where it came from: the main process, or the VM's console. */
  source: 'stdout' | 'stderr' | 'console';
  /** When it came to the host, in ISO 8601 and UTC; of the console that is not known. */
  time?: string;
  /** Without its line end. */
  text: string;
}

const CHUNK = 64 << 10;
/** A guest may print without ever ending a line; what is longer is cut into pieces of this many characters. */
const MAX_LINE = 64 << 10;
/** A piece of a main process's line as a record: each character may be escaped. */
const MAX_RECORD = 8 * MAX_LINE;

export interface ReadLogsOptions {
  signal?: AbortSignal | undefined;
  /** Go on as the file grows, until this resolves; undefined ends at the end of the file. */
  until?: Promise<void> | undefined;
  maxLine?: number;
}

/** Reads the console's file, and goes on as it grows if that is asked for, until the signal or the end of the iteration. */
export async function* readLogs(path: string, { signal, until, maxLine = MAX_LINE }: ReadLogsOptions): AsyncGenerator<LogLine> {
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
    let position = 0;
    for (;;) {
      // Asked for before the read: a change that comes between the two is not missed.
      const changed = watcher === undefined || stop.aborted ? undefined : once(watcher, 'change', { signal: stop });
      changed?.catch(() => undefined);
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, CHUNK, position);
        position += bytesRead;
        // One that has become too large begins anew.
        if (bytesRead === 0 && (await file.stat()).size < position) position = 0;
        else if (bytesRead === 0) break;
        rest += decoder.write(buffer.subarray(0, bytesRead));
        const lines = rest.split(/\r?\n/);
        rest = lines.pop() ?? '';
        for (const text of lines) yield { source: 'console', text };
        for (; rest.length > maxLine; rest = rest.slice(maxLine)) yield { source: 'console', text: rest.slice(0, maxLine) };
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

/** As {@link readLogs}, of what a main process has printed. A line that is no whole record, as after a power cut, is passed over. */
export async function* readMainLog(path: string, options: ReadLogsOptions): AsyncGenerator<LogLine> {
  for await (const { text } of readLogs(path, { ...options, maxLine: MAX_RECORD })) {
    const line = parseRecord(text);
    if (line !== undefined) yield line;
  }
}

const parseRecord = (text: string): LogLine | undefined => {
  try {
    const { source, time, text: line } = JSON.parse(text) as Partial<Record<string, unknown>>;
    if ((source !== 'stdout' && source !== 'stderr') || typeof time !== 'string' || typeof line !== 'string') return undefined;
    return { source, time, text: line };
  } catch {
    return undefined;
  }
};
