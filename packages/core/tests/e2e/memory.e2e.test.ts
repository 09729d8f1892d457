import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { join } from 'node:path';
import { BoxliteRuntime, type BoxOptions, type LiteBox } from '@boxlite/core';
import { sh, spawnBox, spawnClone, temporaryHome } from './support/boxes.js';
import { eventually } from './support/eventually.js';
import { memoryAccess, ownMemoryMib } from './support/guest-memory.js';
import { itLeavesNothing } from './support/leaks.js';
import { templatesOf } from './support/template-directory.js';

/** A Box whose container differs from the usual one, so that it is started from the template of its shape. */
const plain: BoxOptions = { memoryMib: 256, capabilities: { drop: ['NET_RAW'] } };

/** A process that has 120 MiB for a moment. */
const USE_AND_FREE = 'dd if=/dev/zero of=/dev/null bs=120M count=1';

describe("a guest's memory", () => {
  let home: AsyncDisposable & { path: string };

  beforeAll(async () => {
    home = await temporaryHome();
  });

  afterAll(() => home[Symbol.asyncDispose]());

  const open = (): Promise<BoxliteRuntime> => BoxliteRuntime.open({ home: home.path });

  const pidOf = async (box: LiteBox): Promise<number> => {
    const { pid } = await box.info();
    if (pid === null) throw new Error('the Box runs, but has no VMM');
    return pid;
  };

  const templateMemory = async (): Promise<string> => {
    const [template] = (await templatesOf(home.path)).shapes;
    if (template === undefined) throw new Error('there is no template');
    return join(template.directory, 'memory');
  };

  it('goes back to the host when the guest frees it; the template and its other Boxes stay as they are', async () => {
    await using runtime = await open();
    await using box = await spawnBox(runtime, plain);
    await using other = await spawnBox(runtime, plain);
    await Promise.all([sh(box, 'true'), sh(other, 'head -c 8m /dev/urandom > /dev/shm/kept; md5sum /dev/shm/kept > /dev/shm/sum')]);
    expect((await box.info()).startedFrom).toBe('template');
    const before = await sha256(await templateMemory());
    const pid = await pidOf(box);

    const idle = ownMemoryMib(pid);
    for (let round = 0; round < 2; round++) {
      await Promise.all([sh(box, USE_AND_FREE), growsBeyond(idle + 100, pid)]);
      await shrinksTo(idle + 40, pid);
    }
    expect(await sh(other, 'md5sum -c /dev/shm/sum')).toBe('/dev/shm/kept: OK');
    expect(await sha256(await templateMemory())).toBe(before);
  });

  it('is a file that its VMM cannot write to', async () => {
    await using runtime = await open();
    await using box = await spawnBox(runtime, plain);
    await sh(box, 'true');
    const access = memoryAccess(await pidOf(box));
    expect(access).not.toEqual([]);
    expect(new Set(access)).toEqual(new Set([constants.O_RDONLY]));
  });

  it('is whole in a clone, whatever was given back before', async () => {
    await using runtime = await open();
    await using box = await spawnBox(runtime, plain);
    await sh(box, `head -c 8m /dev/urandom > /dev/shm/kept; md5sum /dev/shm/kept > /dev/shm/sum; ${USE_AND_FREE}`);
    await shrinksTo(60, await pidOf(box));
    await using clone = await spawnClone(box);
    expect(await sh(clone, 'md5sum -c /dev/shm/sum; dd if=/dev/zero bs=30M count=1 | md5sum')).toBe(
      ['/dev/shm/kept: OK', zeros(30 << 20)].join('\n'),
    );
    expect(await sh(box, 'md5sum -c /dev/shm/sum')).toBe('/dev/shm/kept: OK');
  });

  itLeavesNothing(() => home.path);
});

const sha256 = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
};

/** What md5sum prints for so many zeros. */
const zeros = (bytes: number): string => `${createHash('md5').update(Buffer.alloc(bytes)).digest('hex')}  -`;

const growsBeyond = (mib: number, pid: number): Promise<true> =>
  eventually(`the VMM to have more than ${String(mib)} MiB of the guest's memory`, () => ownMemoryMib(pid) > mib || undefined);

/** The guest tells of what is free within some seconds. */
const shrinksTo = (mib: number, pid: number): Promise<true> =>
  eventually(`the VMM to have at most ${String(mib)} MiB of the guest's memory`, () => ownMemoryMib(pid) <= mib || undefined);
