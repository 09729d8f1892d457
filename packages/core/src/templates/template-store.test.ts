import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '../logging/logger.js';
import { FileChecksums } from './file-checksums.js';
import type { Template } from './template.js';
import { type TemplateMaking, TemplateStore } from './template-store.js';
import { unheard } from '../recovery/recovery-report.js';

const KEY = '0123456789abcdef0123456789abcdef';
const MIB = 2 ** 20;

describe('TemplateStore', () => {
  let root: string;
  let log: Logger;
  let made: number;
  const { signal } = new AbortController();

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'boxlite-templates-'));
    log = new Logger(join(root, 'logs', 'boxlite.log'));
    made = 0;
  });

  afterEach(async () => {
    await log.close();
    await rm(root, { recursive: true });
  });

  const directory = (): string => join(root, 'templates');

  /** A store as a new runtime has it. */
  const open = async (): Promise<TemplateStore> => {
    const store = new TemplateStore(directory(), new FileChecksums(), log);
    await store.recover(unheard);
    return store;
  };

  const making = (changes: Partial<TemplateMaking> = {}): TemplateMaking => ({
    key: KEY,
    memoryMib: 1,
    image: null,
    files: ['memory', 'devices'],
    make: async (template) => {
      made += 1;
      await writeFile(template.memory, Buffer.alloc(MIB, made));
      await writeFile(template.devices, 'devices');
      await writeFile(join(template.directory, 'console.log'), 'booting');
    },
    ...changes,
  });

  const getSealed = async (store: TemplateStore): Promise<Template> => {
    const template = await store.get(making(), signal);
    await store.close();
    return template;
  };

  it('makes one for all who ask, and keeps nothing but its files', async () => {
    const store = await open();
    const all = await Promise.all(Array.from({ length: 5 }, () => store.get(making(), signal)));
    expect(new Set(all).size).toBe(1);
    expect(made).toBe(1);
    await store.close();
    expect((await readdir(all[0]?.directory ?? '')).toSorted()).toEqual(['devices', 'memory', 'template.json']);
    expect((await open()).find(KEY)).toEqual(all[0]);
  });

  it.each<[string, (template: Template) => Promise<unknown>]>([
    ['was never finished', ({ directory }) => rm(join(directory, 'template.json'))],
    ['has no memory', ({ memory }) => rm(memory)],
    ['has less memory than it should', ({ memory }) => truncate(memory, MIB - 1)],
    ['has no state of devices', ({ devices }) => truncate(devices, 0)],
    ['is of another version', ({ directory }) => editRecord(directory, { version: 2 })],
    ['is another one than its name says', ({ directory }) => editRecord(directory, { key: 'f'.repeat(32) })],
    ['has a record that says nothing', ({ directory }) => writeFile(join(directory, 'template.json'), 'null')],
    ['has a record without checksums', ({ directory }) => editRecord(directory, { checksums: [1] })],
  ])('removes, when it is opened, one that %s', async (_, damage) => {
    await damage(await getSealed(await open()));
    expect((await open()).find(KEY)).toBeUndefined();
    expect(await readdir(directory())).toEqual([]);
  });

  it('removes what is no template', async () => {
    await mkdir(join(directory(), 'something', 'else'), { recursive: true });
    await open();
    expect(await readdir(directory())).toEqual([]);
  });

  it.each<[string, (template: Template) => Promise<unknown>]>([
    ['whose memory has changed', ({ memory }) => writeFile(memory, Buffer.alloc(MIB, 77))],
    ['whose record is gone', ({ directory }) => rm(join(directory, 'template.json'))],
    ['that is gone', ({ directory }) => rm(directory, { recursive: true })],
  ])('makes another in the place of one %s, however often', async (_, damage) => {
    const store = await open();
    for (let time = 1; time <= 4; time += 1) {
      const template = await getSealed(store);
      expect(made).toBe(time);
      await damage(template);
      await expect(store.verify(template)).rejects.toMatchObject({ code: 'Storage', reason: 'template-damaged' });
      // Who is told of it by a VM that did not start counts no failure either.
      await store.discard(template, 'no VM could be restored from it', 'failed');
      expect(await readdir(directory())).toEqual([]);
    }
  });

  it('uses one before it is sealed', async () => {
    const store = await open();
    const template = await store.get(making(), signal);
    await store.verify(template);
    await store.close();
    await store.verify(template);
  });

  it('gives up a kind of which whole ones do not work', async () => {
    const store = await open();
    for (let time = 0; time < 2; time += 1) await store.discard(await getSealed(store), 'it crashes', 'failed');
    await expect(store.get(making(), signal)).rejects.toMatchObject({ reason: 'template-failed' });
    expect(made).toBe(2);
    expect(store.hasFailed(KEY)).toBe(true);
  });

  it('leaves nothing of one that could not be made, and tries a second time', async () => {
    const store = await open();
    const broken = making({
      make: async ({ memory }) => {
        made += 1;
        await writeFile(memory, 'half');
        throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      },
    });
    for (let time = 0; time < 4; time += 1) await expect(store.get(broken, signal)).rejects.toMatchObject({ name: 'BoxliteError' });
    expect(made).toBe(2);
    expect(await readdir(directory())).toEqual([]);
  });
});

const editRecord = async (directory: string, changes: object): Promise<void> => {
  const path = join(directory, 'template.json');
  await writeFile(path, JSON.stringify({ ...(JSON.parse(await readFile(path, 'utf8')) as object), ...changes }));
};
