import { setTimeout as sleep } from 'node:timers/promises';
import { openBelow, processes } from '../place/processes.js';
import type { Place } from '../place/place.js';
import type { WorkerPool } from '../worker/worker-pool.js';

/** What belongs to an owner that was killed has ended by then. */
const GRACE_MS = 2_000;
const LOOK_EVERY_MS = 50;

/** Processes and open files of a home whose Boxes have all ended, and that nobody has open. */
export const strayProcesses = async (place: Place, pool: WorkerPool): Promise<string[]> => {
  const deadline = Date.now() + GRACE_MS;
  for (;;) {
    const left = strays(place, pool);
    if (left.length === 0 || Date.now() > deadline) return left;
    await sleep(LOOK_EVERY_MS);
  }
};

const strays = ({ home }: Place, pool: WorkerPool): string[] => {
  const all = processes();
  const workers = pool.living.map(({ pid }) => pid);
  // The first process of the namespace, this one, and the compiler that serves it.
  const ours = new Set([1, process.pid, process.ppid, ...workers]);
  const isCompiler = (name: string): boolean => name === 'esbuild';
  const strange = all.filter(({ pid, name }) => !ours.has(pid) && !isCompiler(name));
  return [
    ...strange.map(({ pid, parent, name }) => `process ${String(pid)}, ${name}, child of ${String(parent)}`),
    ...[process.pid, ...workers].flatMap((pid) => openBelow(pid, home).map((path) => `process ${String(pid)} has ${path} open`)),
  ];
};
