import { once } from 'node:events';
import { watch } from 'node:fs';
import type { Cli } from '../cli.js';
import { RanElsewhereError } from '../errors/cli-error.js';
import { ownerOf } from '../errors/locked-home.js';
import { askOwner } from './ask-owner.js';

/** How long a process that has the home may take until it says that it shares it, in milliseconds. A program that is no `boxlite` never does. */
const PATIENCE_MS = 2_000;
/** File systems of other machines tell nothing of changes. */
const LOOK_AGAIN_MS = 250;

/** An attempt to open the home: what came of it, or why another process has it. */
type Attempt<T> = { value: T } | { locked: Error };

/**
 * Repeats an attempt until this process has the home, or the one that has it has run the command.
 * @throws RanElsewhereError with the exit code; the reason why the home cannot be had when nobody shares it
 */
export const turnToOwner = async <T>(cli: Cli, home: string, args: readonly string[], attempt: () => Promise<Attempt<T>>): Promise<T> => {
  const first = await attempt();
  if ('value' in first) return first.value;
  const watcher = watch(home, { persistent: false }).on('error', () => undefined);
  try {
    let patient = performance.now() + PATIENCE_MS;
    for (;;) {
      const changed = once(watcher, 'change', { signal: AbortSignal.timeout(LOOK_AGAIN_MS) }).catch(() => undefined);
      const tried = await attempt();
      if ('value' in tried) return tried.value;
      const owner = ownerOf(tried.locked);
      const answer = owner === undefined ? 'absent' : await askOwner(cli, home, owner, args);
      if (typeof answer === 'number') throw new RanElsewhereError(answer);
      if (answer === 'leaving') patient = performance.now() + PATIENCE_MS;
      else if (performance.now() > patient) throw tried.locked;
      else await changed;
    }
  } finally {
    watcher.close();
  }
};
