import { once } from 'node:events';
import { type FSWatcher, watch } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cli } from '../cli.js';
import { RanElsewhereError } from '../errors/cli-error.js';
import { ownerOf } from '../errors/locked-home.js';
import { askOwner } from './ask-owner.js';

/** How long a process that has the home may take until it says that it shares it, in milliseconds. A program that is no `boxlite` never does. */
const PATIENCE_MS = 2_000;
/** File systems of other machines tell nothing of changes, and a host may have no watch left to give. */
const LOOK_AGAIN_MS = 250;

/** An attempt to open the home: what came of it, or why another process has it. */
type Attempt<T> = { value: T } | { locked: Error };

const watchHome = (home: string): FSWatcher | undefined => {
  try {
    return watch(home, { persistent: false }).on('error', () => undefined);
  } catch {
    return undefined;
  }
};

/** The next change, or a while without one. Its timer holds this process: nothing else of one that waits need do so. */
class NextChange implements Disposable {
  readonly came: Promise<unknown>;
  readonly #enough = new AbortController();

  constructor(watcher: FSWatcher | undefined) {
    const { signal } = this.#enough;
    const aWhile = delay(LOOK_AGAIN_MS, undefined, { signal });
    const change = watcher === undefined ? [] : [once(watcher, 'change', { signal })];
    this.came = Promise.race([aWhile, ...change]).catch(() => undefined);
  }

  [Symbol.dispose](): void {
    this.#enough.abort();
  }
}

/**
 * Repeats an attempt until this process has the home, or the one that has it has run the command.
 * @throws RanElsewhereError with the exit code; the reason why the home cannot be had when nobody shares it
 */
export const turnToOwner = async <T>(cli: Cli, home: string, args: readonly string[], attempt: () => Promise<Attempt<T>>): Promise<T> => {
  const first = await attempt();
  if ('value' in first) return first.value;
  const watcher = watchHome(home);
  try {
    let patient = performance.now() + PATIENCE_MS;
    let last: number | undefined;
    for (;;) {
      // Listened for before the look at it, so that none is missed.
      using change = new NextChange(watcher);
      const tried = await attempt();
      if ('value' in tried) return tried.value;
      const owner = ownerOf(tried.locked);
      const answer = owner === undefined ? 'absent' : await askOwner(cli, home, owner, args);
      if (typeof answer === 'number') throw new RanElsewhereError(answer);
      // Where many come at once, each owner has its own time.
      if (answer === 'leaving' || owner !== last) patient = performance.now() + PATIENCE_MS;
      last = owner;
      if (answer === 'leaving') continue;
      if (performance.now() > patient) throw tried.locked;
      await change.came;
    }
  } finally {
    watcher?.close();
  }
};
