import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';

/** Says when it has to wait, and when it has the lock; then keeps it until its stdin ends. */
const HOLDER = 'flock -n 9 || { echo waiting; flock 9; }; echo locked; exec cat >/dev/null';

/**
 * Runs `work` while no other process of this machine runs under the same lock file; `onWait` is called when another one does.
 * Node has no flock(2), so flock(1) holds it: until its stdin ends, which it does when this process dies, in whatever way.
 */
export const withLock = async <T>(path: string, work: () => Promise<T>, onWait?: () => void): Promise<T> => {
  await mkdir(dirname(path), { recursive: true });
  const holder = spawn('sh', ['-c', `exec 9>>"$1" && ${HOLDER}`, 'sh', path], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(holder, 'exit');
  let locked = false;
  for await (const line of createInterface(holder.stdout)) {
    if (line === 'waiting') onWait?.();
    locked = line === 'locked';
    if (locked) break;
  }
  if (!locked) throw new Error(`cannot lock ${path}`);
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
};
