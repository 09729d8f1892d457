import { setTimeout as sleep } from 'node:timers/promises';

const INTERVAL_MS = 20;

/** Looks again and again until there is something to see, where nothing tells of it. Fails after `withinMs`, naming what was waited for. */
export const eventually = async <T>(what: string, look: () => Promise<T | undefined> | T | undefined, withinMs = 10_000): Promise<T> => {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > deadline) throw new Error(`waited ${String(withinMs)} ms in vain for ${what}`);
    await sleep(INTERVAL_MS);
  }
};
