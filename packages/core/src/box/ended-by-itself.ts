import { open } from 'node:fs/promises';
import { BoxliteError } from '@boxlite/shared';

/** Of the console's end, in bytes; nothing is printed there after the line but a few of the kernel's. */
const TAIL = 4096;

/** Why the agent has ended its guest by itself, as the last lines of the console say (proto/boxlite/v1/care.proto); undefined when it has not. */
export const endedByItself = (console: string): 'idle' | 'unhealthy' | undefined => {
  const reason = /boxlite-agent: the guest has ended: (idle|unhealthy)\s*$/m.exec(console)?.[1];
  return reason === 'idle' || reason === 'unhealthy' ? reason : undefined;
};

/** What a guest says that ends. */
export const endsItself = (error: unknown): boolean => error instanceof BoxliteError && error.reason === 'shutting-down';

/** The end of a console's file; empty when there is none. */
export const readConsoleTail = async (path: string): Promise<string> => {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(TAIL), 0, TAIL, Math.max(0, size - TAIL));
    return buffer.subarray(0, bytesRead).toString('latin1');
  } catch {
    return '';
  }
};
