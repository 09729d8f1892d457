import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { BoxliteError } from '@boxlite/shared';
import fc from 'fast-check';
import { boxConfig } from '../options/box-config.js';
import { ProgressTeller } from '../images/pull/progress.js';
import { ArchiveOutput } from './archive-output.js';
import { ArchiveReader } from './archive-reader.js';
import { archivedBox } from './archived-box.js';
import { pack } from './chunk.js';
import { CHUNK_BYTES } from './format.js';
import { ArchiveHome } from './testing/archive-home.js';

const MIB = 2 ** 20;

const progress = new ProgressTeller('import', 'test', () => undefined);

const readAll = async (path: string): Promise<void> => {
  await using reader = await ArchiveReader.open(path, { progress });
  const { rootfs, disk } = reader.manifest;
  await reader.part('rootfs', rootfs);
  if (disk !== undefined) await reader.part('disk', disk);
  reader.end();
};

/** What an attempt is refused with. */
const refusal = async (attempt: Promise<unknown>): Promise<BoxliteError> => {
  const outcome = await attempt.then(
    () => 'nothing was refused',
    (error: unknown) => error,
  );
  if (!(outcome instanceof BoxliteError)) throw new Error('no refusal', { cause: outcome });
  return outcome;
};

/** An archive of some kilobytes. */
const smallArchive = async (home: ArchiveHome): Promise<string> => {
  await home.addImage(Buffer.from('some root file system'));
  return home.archives.export(await home.addBox({ name: 'small' }, { [40 * MIB]: 'written' }), home.path('small.box'));
};

describe('a damaged archive', () => {
  it('is refused wherever it ends, and whichever byte is another', async () => {
    await using home = await ArchiveHome.make();
    const path = await craft(home.path('x.box'), await plausible());
    const whole = await readFile(path);
    await readAll(path);
    await using file = await open(path, 'r+');
    for (let position = 0; position < whole.length; position += 1) {
      const byte = whole.readUInt8(position);
      await file.write(Buffer.of(byte ^ (1 << (position % 8))), 0, 1, position);
      expect(['Storage', 'InvalidArgument', 'Unsupported']).toContain((await refusal(readAll(path))).code);
      await file.write(Buffer.of(byte), 0, 1, position);
    }
    await readAll(path);
    for (let length = whole.length - 1; length >= 0; length -= 1) {
      await file.truncate(length);
      expect(['Storage', 'InvalidArgument']).toContain((await refusal(readAll(path))).code);
    }
  });

  it('leaves nothing of it in the home, and can be imported when it is whole', async () => {
    await using source = await ArchiveHome.make();
    await using home = await ArchiveHome.make();
    const whole = await readFile(await smallArchive(source));
    const path = home.path('damaged.box');
    const before = await home.files();
    for (let position = 0; position < whole.length; position += 199) {
      const flipped = Buffer.from(whole);
      flipped.writeUInt8(flipped.readUInt8(position) ^ 0x10, position);
      for (const bytes of [flipped, whole.subarray(0, position)]) {
        await writeFile(path, bytes);
        await refusal(home.archives.import(path));
      }
    }
    await writeFile(path, Buffer.concat([whole, Buffer.of(0)]));
    expect((await refusal(home.archives.import(path))).message).toContain('1 bytes follow');
    expect(await home.files()).toEqual(before);
    expect(home.boxes).toEqual([]);
    await writeFile(path, whole);
    await home.archives.import(path);
  });

  it('is told from what is no archive, or of another version', async () => {
    await using home = await ArchiveHome.make();
    await mkdir(home.path('directory'));
    await writeFile(home.path('empty'), '');
    await writeFile(home.path('text'), 'this is no archive of anything');
    execFileSync('mkfifo', [home.path('fifo')]);
    for (const name of ['directory', 'empty', 'text', 'fifo']) {
      expect(await refusal(home.archives.import(home.path(name)))).toMatchObject({ code: 'InvalidArgument', reason: 'no-archive' });
    }
    expect(await refusal(home.archives.import(home.path('absent')))).toMatchObject({ code: 'NotFound' });
    const whole = await readFile(await smallArchive(home));
    whole.writeUInt32LE(7, 8);
    await writeFile(home.path('later.box'), whole);
    const other = { code: 'Unsupported', reason: 'archive-version', message: expect.stringContaining('version 7') };
    expect(await refusal(home.archives.import(home.path('later.box')))).toMatchObject(other);
  });
});

interface Chunk {
  index: number;
  packed: Buffer;
}

interface Crafted {
  manifest: unknown;
  parts: Chunk[][];
}

/** Writes an archive whose checksums are right, whatever is in it. */
const craft = async (path: string, { manifest, parts }: Crafted): Promise<string> => {
  await using file = await open(path, 'w');
  const output = new ArchiveOutput(file);
  await output.manifest(Buffer.from(typeof manifest === 'string' ? manifest : JSON.stringify(manifest)));
  await output.digest();
  for (const chunks of parts) {
    for (const { index, packed } of chunks) await output.chunk(index, packed);
    await output.digest();
  }
  return path;
};

const EROFS = Buffer.concat([Buffer.alloc(1024), Buffer.from('e2e1f5e0', 'hex')]);

const plausible = async () => ({
  manifest: {
    boxlite: '0.1.0',
    exportedAt: new Date().toISOString(),
    box: archivedBox(boxConfig({ diskSizeMib: 64 })) as unknown as Record<string, unknown>,
    image: {
      reference: 'docker.io/library/debian:12',
      digest: `sha256:${'0'.repeat(64)}`,
      document: '{"os":"linux","architecture":"amd64"}',
    } as Record<string, unknown>,
    parts: {
      rootfs: { sizeBytes: EROFS.length, dataBytes: EROFS.length, chunks: 1 },
      disk: { sizeBytes: 64 * MIB, dataBytes: MIB, chunks: 1 },
    } as Record<string, unknown>,
  },
  parts: [[{ index: 0, packed: await pack(EROFS) }], [{ index: 3, packed: await pack(Buffer.alloc(CHUNK_BYTES, 'x')) }]],
});

type Plausible = Awaited<ReturnType<typeof plausible>>;

const disk = (changes: Record<string, unknown>) => (archive: Plausible) => {
  archive.manifest.parts['disk'] = { sizeBytes: 64 * MIB, dataBytes: MIB, chunks: 1, ...changes };
};
const rootfs = (changes: Record<string, unknown>) => (archive: Plausible) => {
  archive.manifest.parts['rootfs'] = { sizeBytes: EROFS.length, dataBytes: EROFS.length, chunks: 1, ...changes };
};
const box = (changes: Record<string, unknown>) => (archive: Plausible) => Object.assign(archive.manifest.box, changes);
const image = (changes: Record<string, unknown>) => (archive: Plausible) => Object.assign(archive.manifest.image, changes);
const chunks =
  (...list: Chunk[]) =>
  (archive: Plausible) => {
    archive.parts[1] = list;
    archive.manifest.parts['disk'] = { sizeBytes: 64 * MIB, dataBytes: 64 * MIB, chunks: list.length };
  };
const zeros = () => pack(Buffer.alloc(CHUNK_BYTES));

describe('a hostile archive', () => {
  it('is possible to be made by this test', async () => {
    await using home = await ArchiveHome.make();
    const { state } = await home.archives.import(await craft(home.path('x.box'), await plausible()));
    expect(state).toMatchObject({ status: 'stopped' });
  });

  it.each<[string, (archive: Plausible) => unknown]>([
    ['a disk larger than its Box says', disk({ sizeBytes: 2 ** 50 })],
    ['a disk smaller than its Box says', disk({ sizeBytes: MIB })],
    ['more data than the disk has bytes', disk({ dataBytes: 65 * MIB })],
    ['more data than it says', disk({ dataBytes: 4096 })],
    ['more chunks than the disk has', disk({ chunks: 65 })],
    ['fewer chunks than it says', disk({ chunks: 2 })],
    ['more chunks than it says', disk({ chunks: 0 })],
    ['sizes that are no numbers', disk({ sizeBytes: '64', chunks: null })],
    ['a negative size', disk({ dataBytes: -1 })],
    [
      'a disk of 16 TiB on a host that has no room for it',
      (archive) => {
        box({ diskSizeMib: 1 << 24 })(archive);
        disk({ sizeBytes: 2 ** 44, dataBytes: 2 ** 44, chunks: 1 << 24 })(archive);
      },
    ],
    ['a root file system with holes', rootfs({ sizeBytes: 2 * CHUNK_BYTES })],
    ['a root file system beyond all measure', rootfs({ sizeBytes: 2 ** 50, dataBytes: 2 ** 50, chunks: 2 ** 30 })],
    ['an empty root file system', rootfs({ sizeBytes: 0, dataBytes: 0, chunks: 0 })],
    ['no root file system', (archive) => delete archive.manifest.parts['rootfs']],
    ['a root file system that is none', (archive) => void (archive.parts[0] = [{ index: 0, packed: randomBytes(EROFS.length) }])],
    ['a chunk twice', async (archive) => chunks({ index: 1, packed: await zeros() }, { index: 1, packed: await zeros() })(archive)],
    ['chunks out of order', async (archive) => chunks({ index: 2, packed: await zeros() }, { index: 1, packed: await zeros() })(archive)],
    ['a chunk behind the end', async (archive) => chunks({ index: 64, packed: await zeros() })(archive)],
    ['a chunk without bytes', chunks({ index: 0, packed: Buffer.alloc(0) })],
    ['a chunk with too many bytes', chunks({ index: 0, packed: Buffer.alloc(CHUNK_BYTES + 1) })],
    ['a chunk that unpacks to more', async (archive) => chunks({ index: 0, packed: await pack(Buffer.alloc(CHUNK_BYTES + 1)) })(archive)],
    [
      'a chunk that unpacks to 256 times more',
      async (archive) => chunks({ index: 0, packed: await pack(Buffer.alloc(256 * MIB)) })(archive),
    ],
    ['a chunk that unpacks to less', async (archive) => chunks({ index: 0, packed: await pack(Buffer.alloc(1000)) })(archive)],
    ['a chunk of noise', chunks({ index: 0, packed: randomBytes(1000) })],
    ['a part more', (archive) => archive.parts.push([])],
    ['a name that is a path', box({ name: '../../etc/passwd' })],
    ['an option that archives do not have', box({ volumes: [{ hostPath: '/', boxPath: '/host' }] })],
    ['an id', box({ id: '000000000000' })],
    ['a source on the host', box({ source: { kind: 'archive', path: '/etc/shadow' } })],
    ['no hostname', (archive) => delete archive.manifest.box['hostname']],
    ['more memory than there can be', box({ memoryMib: 2 ** 40 })],
    ['capabilities that are none', box({ capabilities: ['CAP_FLY'] })],
    ['capabilities that are no list', box({ capabilities: 'ALL' })],
    ['a system call profile that is none', box({ confinement: { seccomp: 'none' } })],
    ['an option in disguise', box({ confinement: { volumes: [{ hostPath: '/', boxPath: '/host' }] } })],
    ['a time that is none', box({ createdAt: 'yesterday' })],
    ['labels of a wrong kind', box({ labels: { a: { b: 1 } } })],
    ['a Box that is a list', (archive) => void (archive.manifest.box = [] as unknown as Record<string, unknown>)],
    ['a configuration too large for a home', box({ labels: { long: 'x'.repeat(9 * MIB) } })],
    ['an image for another platform', image({ document: '{"os":"linux","architecture":"s390x"}' })],
    ['an image without a configuration', image({ document: 'nothing' })],
    ['an image whose digest is a path', image({ digest: '../../../etc/passwd' })],
    ['an image whose reference is none', image({ reference: 'A B' })],
  ])('is refused with %s', async (_, change) => {
    await using home = await ArchiveHome.make();
    const archive = await plausible();
    await change(archive);
    const path = await craft(home.path('x.box'), archive);
    const { code, message } = await refusal(home.archives.import(path));
    expect(['Storage', 'Image']).toContain(code);
    expect(message.length).toBeLessThan(1000);
    expect(await home.files()).toEqual([]);
    expect(home.boxes).toEqual([]);
  });

  it.each([
    ['no JSON', '{'],
    ['nothing', ''],
    ['no object', 'null'],
    ['a depth without end', `{"box":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`],
    [
      'a depth in an option',
      `{"image":{"digest":"sha256:${'0'.repeat(64)}","document":"{\\"os\\":\\"linux\\",\\"architecture\\":\\"amd64\\"}"},"parts":{},"box":{"name":${'['.repeat(500_000)}${']'.repeat(500_000)}}}`,
    ],
  ])('is refused with a manifest that is %s', async (_, manifest) => {
    await using home = await ArchiveHome.make();
    const path = await craft(home.path('x.box'), { manifest, parts: [] });
    expect(await refusal(home.archives.import(path))).toMatchObject({ code: 'Storage', reason: 'archive-damaged' });
  });

  it('is imported or refused whatever the manifest says', async () => {
    await using home = await ArchiveHome.make();
    const anything = fc.oneof({ withCrossShrink: true }, fc.anything(), fc.integer(), fc.string(), fc.constant(null));
    const field = fc.constantFrom(
      ...['box.name', 'box.env', 'box.cpus', 'box.hostname', 'box.capabilities', 'box.labels', 'box.detach', 'image.document'],
      ...[
        'image.reference',
        'parts.disk',
        'parts.rootfs',
        'parts.disk.chunks',
        'parts.disk.dataBytes',
        'parts.rootfs.sizeBytes',
        'box',
        'image',
      ],
    );
    await fc.assert(
      fc.asyncProperty(field, anything, async (name, value) => {
        const archive = await plausible();
        const keys = name.split('.');
        const last = keys.pop() ?? '';
        const parent = keys.reduce<Record<string, unknown>>((object, key) => object[key] as Record<string, unknown>, archive.manifest);
        parent[last] = value;
        const path = await craft(home.path('x.box'), {
          ...archive,
          manifest: JSON.stringify(archive.manifest, (_, each: unknown) => (typeof each === 'bigint' ? Number(each) : each)),
        });
        const before = (await home.files()).length;
        const outcome: unknown = await home.archives.import(path).catch((error: unknown) => error);
        if (outcome instanceof Error) {
          expect(outcome).toBeInstanceOf(BoxliteError);
          expect(await home.files()).toHaveLength(before);
        }
      }),
      { numRuns: 200 },
    );
  });
});
