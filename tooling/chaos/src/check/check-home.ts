import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BoxliteRuntime, type LiteBox } from '@boxlite/core';
import type { Files, Ledger } from '../ledger/ledger.js';
import type { Place } from '../place/place.js';
import { type Random } from '../script/random.js';
import { type Layer, readDisk } from './read-disk.js';

/**
 * Opens the home as any program does, and looks whether all that was acknowledged is there. All Boxes have ended afterwards, some of them by
 * a kill: then their disks are as after a crash. Returns what is wrong.
 */
export const checkHome = async (place: Place, ledger: Ledger, random: Random): Promise<string[]> => {
  const { home } = place;
  const wrong: string[] = [];
  const disks: { what: string; record: string; files: Files }[] = [];
  let chosen: { name: string; files: Files } | undefined;
  {
    await using runtime = await BoxliteRuntime.open({ home });
    const damaged = runtime.recovery.actions.filter(({ action }) => action === 'kept-aside');
    wrong.push(...damaged.map(({ kind, name, detail }) => `the ${kind} ${name} is damaged: ${detail}`));
    const found = new Map<string, string[]>();
    for (const { id, name, status, pid, error } of await runtime.list()) {
      ledger.ids.add(id);
      const isFull = status === 'paused' && error?.code === 'ResourceExhausted';
      if (!isFull && !['configured', 'running', 'stopped', 'failed'].includes(status)) wrong.push(`the Box '${name ?? id}' is ${status}`);
      if (name === null || name === undefined) {
        wrong.push(`the Box ${id} has no name`);
        continue;
      }
      const box = await runtime.get(id);
      const snapshots = await box.snapshots.list();
      found.set(
        name,
        snapshots.map((snapshot) => snapshot.name),
      );
      if (pid !== null) await end(box, pid, random.chance(50));
    }
    wrong.push(...ledger.settle(found));
    for (const { id, name, status } of await runtime.list()) {
      if (status === 'running') wrong.push(`the Box '${name ?? id}' runs after it was ended`);
      const expected = ledger.boxes.get(name ?? '');
      if (expected === undefined) continue;
      const directory = join(home, 'boxes', id);
      disks.push({ what: name ?? id, record: join(directory, 'state.json'), files: expected.files });
      if (status !== 'configured' && (chosen === undefined || random.chance(40))) chosen = { name: name ?? id, files: expected.files };
    }
  }
  for (const [index, { what, record, files }] of disks.entries()) {
    const { disk } = JSON.parse(await readFile(record, 'utf8')) as { disk: Layer[] | null };
    if (disk === null) {
      if (files.size > 0) wrong.push(`${what} has no disk, and was written to`);
      continue;
    }
    const work = join(place.root, `check-${String(index)}`);
    wrong.push(...(await readDisk(home, disk, files, work)).map((problem) => `the disk of '${what}': ${problem}`));
  }
  if (chosen !== undefined) wrong.push(...(await startAgain(home, chosen)));
  return wrong;
};

const end = async (box: LiteBox, pid: number, byForce: boolean): Promise<void> => {
  if (byForce) process.kill(pid, 'SIGKILL');
  await box.stop({ timeoutMs: 2_000 });
};

/** The next start works, and what was written is there for a program in the Box. */
const startAgain = async (home: string, { name, files }: { name: string; files: Files }): Promise<string[]> => {
  await using runtime = await BoxliteRuntime.open({ home });
  const box = await runtime.get(name);
  try {
    const { stdout } = await box.run('sh', ['-c', 'ls /data 2>/dev/null; true'], { check: true });
    const listed = new Set(stdout.split('\n'));
    return [...files.keys()].filter((file) => !listed.has(file)).map((file) => `a program in '${name}' does not see ${file}`);
  } catch (error) {
    return [`the Box '${name}' cannot be started again: ${String(error)}`];
  } finally {
    await box.stop();
  }
};
