import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BoxliteRuntime, BoxOptions, LiteBox } from '@boxlite/core';
import { pidOf } from './support/ahead.js';
import { killedProcess } from './support/another-process.js';
import { openRuntime, sh, spawnBox, temporaryHome } from './support/boxes.js';
import { eventually } from './support/eventually.js';
import { smallDisk, whyNoSmallDisk } from './support/small-disk.js';

const MIB = 2 ** 20;
/** Shared with the tests of other faults. */
const plain: BoxOptions = { memoryMib: 128, diskSizeMib: 128, capabilities: { drop: ['NET_RAW'] } };

/** Told by the call or by the session, whichever saw it first. */
const LOST = { name: 'BoxliteError', message: expect.stringMatching(/VM/) as string };

/** Progress is told of until the end is known; by then the process may be gone. */
const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

describe('a copy that is broken off', () => {
  let runtime: BoxliteRuntime;
  let directory: string;
  const host = (...names: string[]) => join(directory, ...names);

  beforeAll(async () => {
    runtime = await openRuntime();
    directory = await mkdtemp(join(tmpdir(), 'boxlite-copy-faults-'));
    await mkdir(host('tree'));
    await writeFile(host('tree/first'), 'first');
    await writeFile(host('tree/large'), Buffer.alloc(48 * MIB, 'x'));
  });

  afterAll(async () => {
    await runtime.close();
    await rm(directory, { recursive: true, force: true });
  });

  const nothingHalf = async (box: LiteBox) => {
    await eventually('the guest to hear of it', async () => !(await sh(box, 'ls -A / /there')).includes('.boxlite-') || undefined, 10_000);
    expect(await sh(box, 'ls -A / /there | grep -c -e tree -e large -e first || true')).toBe('0');
  };

  it('by the end of its VM fails, and leaves nothing half on either side', async () => {
    await using box = await spawnBox(runtime, plain);
    await sh(box, 'mkdir /there && sync');
    for (const to of ['/tree', '/there']) {
      const pid = await pidOf(box);
      const copied = box.copyIn(host('tree'), to, {
        onProgress: ({ bytes }) => {
          if (bytes > MIB) kill(pid);
        },
      });
      await expect(copied).rejects.toMatchObject(LOST);
      await eventually('the end of the VM', async () => (await box.info()).status === 'failed' || undefined);
      await nothingHalf(box);
    }
    await sh(box, 'mkdir /big && echo first > /big/first && dd if=/dev/zero of=/big/large bs=1M count=48');
    await mkdir(host('there'));
    const pid = await pidOf(box);
    const copied = box.copyOut('/big', host('there'), { onProgress: () => kill(pid) });
    await expect(copied).rejects.toMatchObject(LOST);
    expect(await readdir(host('there'))).toEqual([]);
    await eventually('the end of the VM', async () => (await box.info()).status === 'failed' || undefined);
  });

  it('by the end of its program leaves drafts at most, and those say so by their names', async () => {
    await using home = await temporaryHome();
    await mkdir(host('out'));
    const program = (work: string): string => `
      import { BoxliteRuntime } from '@boxlite/core';
      const [home, from, to] = process.argv.slice(1);
      const runtime = await BoxliteRuntime.open({ home });
      const { box } = await runtime.getOrCreate({ name: 'kept', detach: true, memoryMib: 128, diskSizeMib: 256 });
      await box.run('sh', ['-c', 'mkdir -p /there /big; [ -e /big/large ] || dd if=/dev/zero of=/big/large bs=1M count=48'], { check: true });
      let said = false;
      const onProgress = ({ bytes }) => {
        if (bytes > 2 ** 20 && !said) console.log('copies');
        said ||= bytes > 2 ** 20;
      };
      ${work}
      await new Promise(() => setInterval(() => undefined, 1e6));`;
    for (const to of ['/tree', '/there']) {
      await killedProcess(program('await box.copyIn(from, to, { onProgress });'), [home.path, host('tree'), to], 0);
      await using again = await openRuntime({ home: home.path });
      const box = await again.get('kept');
      const names = await sh(box, 'ls -A / /there; ls -lA /tree /there/tree /there/large 2>/dev/null || true');
      // It may have come to its end before the signal; then it is whole.
      if (names.includes('tree')) expect(await sh(box, 'cat /tree/large /there/tree/large 2>/dev/null | wc -c')).toBe(String(48 * MIB));
      else await nothingHalf(box);
      await sh(box, 'rm -rf /tree /there/*');
    }
    await killedProcess(program('await box.copyOut(from, to, { onProgress });'), [home.path, '/big', host('out')], 0);
    const left = await readdir(host('out'));
    if (left.includes('big')) expect((await readFile(host('out/big/large'))).length).toBe(48 * MIB);
    else for (const name of left) expect(name).toMatch(/^\.boxlite-[0-9a-f]{16}$/);
    await using last = await openRuntime({ home: home.path });
    await last.remove('kept', { force: true });
  });

  it('by a disk that is full says so, and leaves nothing half', async () => {
    await using box = await spawnBox(runtime, { ...plain, diskSizeMib: 64 });
    await sh(box, 'mkdir /there');
    await writeFile(host('tree/more'), Buffer.alloc(32 * MIB, 'y'));
    for (const to of ['/tree', '/there'])
      await expect(box.copyIn(host('tree'), to)).rejects.toMatchObject({ code: 'ResourceExhausted', reason: 'ENOSPC' });
    await nothingHalf(box);
    await box.copyIn(host('tree/first'), '/there');
    expect(await sh(box, 'cat /there/first')).toBe('first');

    const reason = whyNoSmallDisk();
    if (reason !== undefined) {
      process.stderr.write(`skipped: a full disk of the host: ${reason}\n`);
      return;
    }
    await using disk = await smallDisk(8);
    await sh(box, 'dd if=/dev/zero of=/there/big bs=1M count=16');
    for (const from of ['/there', '/there/big'])
      await expect(box.copyOut(from, disk.path)).rejects.toMatchObject({ code: 'ResourceExhausted', reason: 'ENOSPC' });
    expect(await readdir(disk.path)).toEqual([]);
  });
});
