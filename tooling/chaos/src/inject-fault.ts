import { execFile } from 'node:child_process';
import { rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Place } from './place/place.js';
import { processes } from './place/processes.js';
import type { Fault } from './script/round-script.js';
import type { WorkerProcess } from './worker/worker-process.js';

/** `native/faults/src/control.rs`: the next writes of a VMM fail with EIO. */
const BREAK_WRITES = 60;

const VMM = /^boxlite-vm$/;
const SHIM = /^boxlite-shim/;

/** A shim becomes a VMM within milliseconds. */
const LOOK_EVERY_MS = 3;

export interface FaultParts {
  place: Place;
  worker: WorkerProcess;
  /** Has another process want the home. */
  intruder: () => Promise<string>;
  /** Fires when the turn is over. */
  over: AbortSignal;
}

/** Does it; returns what came of it, in a few words. */
export const injectFault = async ({ place, worker, intruder, over }: FaultParts, fault: Fault): Promise<string> => {
  switch (fault.kind) {
    case 'kill-vmm':
      return signal(VMM, fault.victim, 'SIGKILL', over);
    case 'kill-shim':
      return signal(SHIM, fault.victim, 'SIGKILL', over);
    case 'break-vmm':
      return signal(VMM, fault.victim, BREAK_WRITES, over);
    case 'break-worker':
      worker.control.breakWrites(fault.after, fault.errno, fault.failures);
      return 'armed';
    case 'worker-clock':
      worker.control.setClock(fault.seconds);
      return 'set';
    case 'fill-disk':
      return fillDisk(place, fault.leaveKib, fault.forMs);
    case 'intrude':
      return intruder();
  }
};

/** Whoever it meets first, if nobody is there yet. */
const signal = async (name: RegExp, victim: number, what: NodeJS.Signals | number, over: AbortSignal): Promise<string> => {
  while (!over.aborted) {
    const candidates = processes().filter((one) => name.test(one.name));
    const chosen = candidates[victim % candidates.length];
    if (chosen !== undefined) return send(chosen.pid, what);
    await sleep(LOOK_EVERY_MS);
  }
  return 'nobody came';
};

const send = (pid: number, what: NodeJS.Signals | number): string => {
  try {
    process.kill(pid, what);
    return `process ${String(pid)}`;
  } catch {
    return 'it has just ended';
  }
};

const fillDisk = async ({ root }: Place, leaveKib: number, forMs: number): Promise<string> => {
  const filler = join(root, 'filler');
  try {
    const { bavail, bsize } = await statfs(root);
    const bytes = bavail * bsize - leaveKib * 1024;
    if (bytes <= 0) return 'it was full already';
    // Others write meanwhile and may take a part of it.
    const filled = await promisify(execFile)('fallocate', ['--length', String(bytes), filler]).then(
      () => true,
      () => false,
    );
    await sleep(forMs);
    return filled ? 'freed again' : 'somebody else took the rest';
  } finally {
    await rm(filler, { force: true });
  }
};
