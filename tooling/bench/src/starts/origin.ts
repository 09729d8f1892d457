import type { StartOrigin } from '@boxlite/core';

interface Started {
  from: StartOrigin | null;
}

/** Those that were started as they should be. @throws Error when there is none. */
export const startedFrom = <T extends Started>(origin: StartOrigin, runs: readonly T[]): T[] => {
  const found = runs.filter(({ from }) => from === origin);
  if (found.length === 0) throw new Error(`no Box was started from ${origin}, but from ${origins(runs)}`);
  return found;
};

/** What Boxes were started from, each named once. */
export const origins = (runs: readonly Started[]): string => [...new Set(runs.map(({ from }) => from ?? 'nothing'))].sort().join(', ');

/** Says how many were not started as they should be: none of them is in the figures. */
export const strays = (what: string, origin: StartOrigin, runs: readonly Started[]): string[] => {
  const others = runs.filter(({ from }) => from !== origin);
  return others.length === 0
    ? []
    : [`${what}: ${String(others.length)} of ${String(runs.length)} starts, which were from ${origins(others)}`];
};
