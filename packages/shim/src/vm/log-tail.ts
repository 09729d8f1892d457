import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { CONSOLE_LOG, ENGINE_LOG } from '../engine/files.js';

const TAIL_BYTES = 4096;

// Escape sequences as terminals know them (ECMA-48: CSI, OSC, two-character ones).
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]{0,256}(?:\u0007|\u001b\\)?|[ -~])/gu;
// What else a terminal might obey, or that hides text; line ends and tabs stay.
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu;

/** Makes text that a guest wrote fit for a terminal, line by line. */
export const plainLines = (text: string): string => text.replace(/\r+\n/gu, '\n').replace(ESCAPES, '').replace(UNSAFE, '');

/** The last 4 KiB of a log, fit for a terminal; empty when there is none. */
export const readTail = async (path: string): Promise<string> => {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const { size } = await file.stat();
      const { bytesRead, buffer } = await file.read(Buffer.alloc(TAIL_BYTES), 0, TAIL_BYTES, Math.max(0, size - TAIL_BYTES));
      return plainLines(buffer.toString('utf8', 0, bytesRead));
    } finally {
      await file.close();
    }
  } catch {
    // Without the log there are no last words; the failure that asked for them counts, not this one.
    return '';
  }
};

/** What the engine and the guest of a VM said last, in its directory. */
export const readLastWords = async (directory: string): Promise<{ consoleTail: string; engineTail: string }> => {
  const [consoleTail, engineTail] = await Promise.all([CONSOLE_LOG, ENGINE_LOG].map((name) => readTail(join(directory, name))));
  return { consoleTail: consoleTail ?? '', engineTail: engineTail ?? '' };
};
