import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockHome } from './lock-home.js';

describe('the lock of a home', () => {
  let directory: string;
  let path: string;
  let holder: ChildProcess | undefined;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'boxlite-lock-'));
    path = join(directory, 'lock');
  });

  afterEach(async () => {
    holder?.kill('SIGKILL');
    await rm(directory, { recursive: true });
  });

  /** A process has it that is not the one which the lock names. */
  const heldFor = async (seconds: string, pid: number): Promise<void> => {
    await writeFile(path, `${String(pid)}\n`);
    const script = 'exec 9>>"$1"; flock 9; echo held; exec sleep "$2"';
    holder = spawn('sh', ['-c', script, 'sh', path, seconds], { stdio: ['ignore', 'pipe', 'ignore'] });
    if (holder.stdout !== null) await once(holder.stdout, 'data');
  };

  it('is waited for while a child has it of a process that was killed', async () => {
    const { pid } = spawnSync('true');
    await heldFor('0.3', pid);
    const lock = await lockHome(path);
    lock.release();
  });

  it('is refused at once while the process lives that has it, and after a while in any case', async () => {
    await heldFor('1000', process.ppid);
    await expect(lockHome(path)).rejects.toMatchObject({
      code: 'Config',
      reason: 'locked',
      message: expect.stringContaining(`process ${String(process.ppid)}`) as string,
    });
    await writeFile(path, `${String(spawnSync('true').pid)}\n`);
    await expect(lockHome(path)).rejects.toMatchObject({ code: 'Config', reason: 'locked' });
  });
});
