import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory on a file system of its own, which can be filled. */
export interface SmallDisk extends AsyncDisposable {
  path: string;
  /** Leaves so many MiB free. */
  fill(leaveMib: number): Promise<void>;
  /** Takes back what `fill` wrote. */
  free(): Promise<void>;
  /** Read-only, nobody can write to it, root included. Nothing may be open for that then. */
  remount(mode: 'ro' | 'rw'): Promise<void>;
}

const MIB = 2 ** 20;
/** In a user namespace one needs no privilege to mount a tmpfs; nobody else sees it but through /proc. */
const UNSHARE = ['--user', '--map-root-user', '--mount'];

/** Why there can be no small disk here; undefined when there can. */
export const whyNoSmallDisk = (): string | undefined => {
  const { status, error, stderr } = spawnSync('unshare', [...UNSHARE, 'true'], { encoding: 'utf8' });
  return status === 0 ? undefined : `unshare ${UNSHARE.join(' ')}: ${error?.message ?? stderr}`;
};

const ignoreFull = (error: unknown): void => {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
};

/** The disk is there until the end of the block. */
export const smallDisk = async (sizeMib: number): Promise<SmallDisk> => {
  const where = tmpdir();
  // A process that has just ended may have a file open still.
  const remount = 'until mount -o "remount,bind,$mode" "$1" 2>/dev/null; do sleep 0.1; done';
  const mount = `mount -t tmpfs -o size=${String(sizeMib)}m,mode=700 none "$1"`;
  const script = `${mount} && echo mounted && while read -r mode; do ${remount}; echo "$mode"; done`;
  const holder: ChildProcess = spawn('unshare', [...UNSHARE, 'sh', '-c', script, 'sh', where], { stdio: ['pipe', 'pipe', 'inherit'] });
  const mounted = await Promise.race([once(holder.stdout ?? holder, 'data').then(() => true), once(holder, 'exit').then(() => false)]);
  if (!mounted) throw new Error('the small disk could not be mounted');
  // Whoever has the same user id may look through another mount namespace.
  const path = `/proc/${String(holder.pid)}/root${where}`;
  const filler = join(path, 'filler');
  return {
    path,
    fill: async (leaveMib) => {
      const { bavail, bsize } = await statfs(path);
      // What others write meanwhile may take a part of it.
      await writeFile(filler, Buffer.alloc(Math.max(0, bavail * bsize - leaveMib * MIB))).catch(ignoreFull);
    },
    free: () => rm(filler),
    remount: async (mode) => {
      const done = once(holder.stdout ?? holder, 'data');
      holder.stdin?.write(`${mode}\n`);
      await done;
    },
    [Symbol.asyncDispose]: async () => {
      const ended = once(holder, 'exit');
      holder.stdin?.end();
      await ended;
    },
  };
};
