import { mkdtemp, open, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checksumFile } from '@boxlite/vmm';
import fc from 'fast-check';
import { ProgressTeller } from '../images/pull/progress.js';
import { boxConfig } from '../options/box-config.js';
import type { BoxOptions } from '../options/box-options.js';
import { ArchiveReader } from './archive-reader.js';
import { archivedBox, configFromArchive } from './archived-box.js';
import { pack, unpack } from './chunk.js';
import { CHUNK_BYTES } from './format.js';
import { inOrder } from './in-order.js';
import { restorePart } from './restore-part.js';
import { writeTarget } from './target-file.js';
import { writeArchive } from './write-archive.js';

const MIB = 2 ** 20;
const progress = new ProgressTeller('export', 'test', () => undefined);

describe('an archive', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'boxlite-format-'));
  });

  afterEach(() => rm(directory, { recursive: true }));

  const path = (name: string): string => join(directory, name);

  /** Bytes that pack well, not at all, or are nothing. */
  const piece = fc.record({
    offset: fc.oneof(
      fc.nat(64 * MIB),
      fc.nat(64).map((chunk) => chunk * CHUNK_BYTES),
      fc.nat(16_384).map((block) => block * 4096),
    ),
    bytes: fc.oneof(
      fc.uint8Array({ maxLength: 9000 }),
      fc.nat(3 * MIB).map((length) => Buffer.alloc(length, 'boxlite')),
      fc.nat(5000).map((length) => Buffer.alloc(length)),
    ),
  });

  it('gives back what was put into it, whatever that is', async () => {
    const size = fc.oneof(fc.integer({ min: 1, max: 3 * MIB }), fc.constantFrom(1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1));
    await fc.assert(
      fc.asyncProperty(size, fc.array(piece, { maxLength: 6 }), fc.boolean(), async (rootfsBytes, pieces, hasDisk) => {
        const [rootfs, disk] = [path('rootfs'), path('disk')];
        await writeFile(rootfs, Buffer.alloc(rootfsBytes, 'root file system'));
        await writeFile(disk, '');
        const file = await open(disk, 'r+');
        for (const { offset, bytes } of pieces) await file.write(bytes, 0, bytes.length, offset);
        await file.close();
        await truncate(disk, 64 * MIB);

        const image = { reference: null, digest: `sha256:${'a'.repeat(64)}`, document: '{"os":"linux","architecture":"amd64"}' };
        const box = archivedBox(boxConfig({ diskSizeMib: 64 }));
        const archive = path('x.box');
        await writeTarget(archive, (target) => writeArchive(target, { box, image, rootfs, disk: hasDisk ? disk : null }, { progress }));
        {
          await using reader = await ArchiveReader.open(archive, { progress });
          const { manifest } = reader;
          await restorePart(reader, 'rootfs', manifest.rootfs, path('rootfs.restored'));
          if (manifest.disk !== undefined) await restorePart(reader, 'disk', manifest.disk, path('disk.restored'));
          reader.end();
        }
        for (const part of hasDisk ? [rootfs, disk] : [rootfs]) {
          expect(await checksumFile(`${part}.restored`)).toBe(await checksumFile(part));
          expect((await stat(`${part}.restored`)).blocks).toBeLessThanOrEqual((await stat(part)).blocks);
          await rm(`${part}.restored`);
        }
      }),
      { numRuns: 30 },
    );
  });
});

test('a chunk is packed and unpacked, and bounded in both ways', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 5000 }),
    fc.integer({ min: 1, max: CHUNK_BYTES }).map((length) => new Uint8Array(length)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (array) => {
      const chunk = Buffer.from(array);
      const packed = await pack(chunk);
      expect(packed.length).toBeLessThanOrEqual(chunk.length);
      expect((await unpack(packed, chunk.length)).equals(chunk)).toBe(true);
      if (packed.length < chunk.length - 1) await expect(unpack(packed, chunk.length - 1)).rejects.toThrow();
      await expect(unpack(packed, chunk.length + 1)).rejects.toThrow();
    }),
    { numRuns: 50 },
  );
});

test('the configuration of a Box comes back with another id', () => {
  const text = fc.stringMatching(/^[ -~]{0,20}$/);
  const options = fc.record(
    {
      name: fc.stringMatching(/^[a-z][a-z0-9]{0,10}$/),
      labels: fc.dictionary(fc.stringMatching(/^[a-z.]{1,10}$/), text),
      cpus: fc.integer({ min: 1, max: 8 }),
      memoryMib: fc.integer({ min: 128, max: 4096 }),
      diskSizeMib: fc.integer({ min: 64, max: 4096 }),
      env: fc.dictionary(fc.stringMatching(/^[A-Z_]{1,10}$/), text),
      workingDir: fc.constantFrom('/', '/srv'),
      user: fc.constantFrom('root', '1000:1000'),
      hostname: fc.constantFrom('web', 'db-1'),
      detach: fc.boolean(),
      autoRemove: fc.boolean(),
      readOnlyRoot: fc.boolean(),
      shmSizeMib: fc.integer({ min: 1, max: 1024 }),
      ulimits: fc.constantFrom({}, { nofile: 10 }, { nproc: { soft: 1, hard: -1 } }),
      sysctls: fc.constantFrom({}, { 'net.core.somaxconn': '9' }),
      pidsLimit: fc.integer({ min: 1, max: 1000 }),
      noNewPrivileges: fc.boolean(),
      seccomp: fc.constantFrom('default', 'unconfined'),
      capabilities: fc.record({ add: fc.subarray(['NET_ADMIN', 'SYS_TIME']), drop: fc.subarray(['ALL', 'CHOWN', 'KILL']) }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(options, (given) => {
      const config = boxConfig({ ...(given as BoxOptions), image: 'debian:12' });
      const back = configFromArchive(JSON.parse(JSON.stringify(archivedBox(config))), 'debian:12');
      expect(back.id).not.toBe(config.id);
      expect(back).toEqual({ ...config, id: back.id, machineId: back.machineId, hostname: given.hostname ?? back.id });
    }),
  );
});

describe('inOrder', () => {
  it('keeps the order and the width, and leaves nothing under way', async () => {
    let running = 0;
    let most = 0;
    const work = async (value: number): Promise<number> => {
      running += 1;
      most = Math.max(most, running);
      for (let turn = 0; turn < (value * 7) % 5; turn += 1) await new Promise(setImmediate);
      running -= 1;
      if (value === 13) throw new Error('unlucky');
      return value;
    };
    const seen: number[] = [];
    const all = (async () => {
      for await (const value of inOrder(
        Array.from({ length: 30 }, (_, index) => index),
        4,
        work,
      ))
        seen.push(value);
    })();
    await expect(all).rejects.toThrow('unlucky');
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(running).toBe(0);
    expect(most).toBe(4);
    for await (const value of inOrder([1, 2, 3, 4, 5, 6], 4, work)) if (value === 2) break;
    expect(running).toBe(0);
  });
});
