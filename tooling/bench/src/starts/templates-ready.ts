import { setTimeout as delay } from 'node:timers/promises';
import type { BoxliteRuntime, BoxOptions } from '@boxlite/core';
import { startAndRemove } from './first-exec.js';

/** A Box with these options has rights that a container made for any Box of an image does not have: only its shape's template fits. */
export const SHAPE_TEMPLATE_ONLY: BoxOptions = { capabilities: { drop: ['AUDIT_WRITE'] } };

const PAUSE_MS = 1000;
const PATIENCE_MS = 300_000;

/** Runs Boxes until one was started from its image's template, which a runtime makes when it has the time and tells nobody of. */
export const untilImageTemplate = async (runtime: BoxliteRuntime, options: BoxOptions, signal: AbortSignal): Promise<void> => {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const { from } = await startAndRemove(runtime, options);
    if (from === 'image-template') return;
    if (performance.now() > end) throw new Error(`Boxes are still started from ${String(from)} and not from an image's template`);
    await delay(PAUSE_MS, undefined, { signal });
  }
};
