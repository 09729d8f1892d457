import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { BoxliteRuntime } from '@boxlite/core';
import { programArguments, programDirectory } from './support/another-process.js';
import { sh, sharedHome, temporaryHome } from './support/boxes.js';
import { eventually } from './support/eventually.js';
import { itLeavesNothing } from './support/leaks.js';

const LEAVES_A_BOX = `
  import { BoxliteRuntime } from '@boxlite/core';
  const runtime = await BoxliteRuntime.open({ home: process.argv.at(-1) });
  const box = await runtime.create({ name: 'it', detach: true, memoryMib: 128, diskSizeMib: 64 });
  await box.run('sh', ['-c', 'echo kept > /root/file; sync'], { check: true });
  console.log((await box.info()).pid);
  await runtime.close();
`;

/** Becomes the parent of all that the program leaves behind (prctl(2), PR_SET_CHILD_SUBREAPER), and takes no note of their ends. */
const NEVER_REAPS = `
import ctypes, subprocess, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
subprocess.run(sys.argv[1:], check=True)
print('left', flush=True)
sys.stdin.read()
`;

/** A home with a detached Box that no program holds, and whose VMM stays a zombie when it is killed. */
const leftBox = async (): Promise<AsyncDisposable & { path: string; pid: number }> => {
  const home = await temporaryHome();
  const program = programArguments(LEAVES_A_BOX, [home.path]);
  const parent = spawn('python3', ['-c', NEVER_REAPS, process.execPath, ...program], {
    cwd: programDirectory,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(parent, 'close');
  let printed = '';
  parent.stdout.on('data', (data) => (printed += String(data)));
  await eventually('the Box', () => Promise.resolve(printed.endsWith('left\n') || undefined), 120_000);
  const pid = parseInt(printed, 10);
  return {
    path: home.path,
    pid,
    [Symbol.asyncDispose]: async () => {
      parent.stdin.end();
      await ended;
      await home[Symbol.asyncDispose]();
    },
  };
};

describe('a detached Box that no program holds', () => {
  it('is not taken for running when its VMM has died and nobody has reaped it', async () => {
    await using home = await leftBox();
    process.kill(home.pid, 'SIGKILL');
    const stat = (): string => readFileSync(`/proc/${String(home.pid)}/stat`, 'utf8');
    await eventually('its end', () => Promise.resolve(/\) Z /.test(stat()) || undefined), 60_000);
    await using runtime = await BoxliteRuntime.open({ home: home.path });
    const box = await runtime.get('it');
    const error = { code: 'Engine', message: expect.stringContaining('ended while no program had the home') as string };
    expect(await box.info()).toMatchObject({ status: 'stopped', stopReason: 'lost', pid: null, error });
    expect(stat()).toMatch(/\) Z /);
    expect(await sh(box, 'cat /root/file')).toBe('kept');
    await box.remove({ force: true });
  });

  it('is ended when nobody can reach its VMM any more, and starts again', async () => {
    await using home = await leftBox();
    const boxes = await (async () => {
      await using runtime = await BoxliteRuntime.open({ home: home.path });
      return await runtime.list();
    })();
    await unlink(join(home.path, 'boxes', boxes[0]?.id ?? '', 'qmp.sock'));
    await using runtime = await BoxliteRuntime.open({ home: home.path });
    const box = await runtime.get('it');
    expect(await box.info()).toMatchObject({ status: 'stopped', stopReason: 'lost', pid: null });
    expect(readFileSync(`/proc/${String(home.pid)}/stat`, 'utf8')).toMatch(/\) Z /);
    expect(await sh(box, 'cat /root/file')).toBe('kept');
    await box.remove({ force: true });
  });
});

itLeavesNothing(sharedHome);
