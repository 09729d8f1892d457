import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HomeLayout } from '@boxlite/shared';
import { boxConfig } from '../options/box-config.js';
import { createBoxFiles, readAllBoxes, removeBoxFiles, writeBoxState } from './box-files.js';
import { initialState } from './box-state.js';

describe("a Box's files", () => {
  let home: HomeLayout;

  beforeEach(async () => {
    home = new HomeLayout(await mkdtemp(join(tmpdir(), 'boxlite-files-')));
    await mkdir(home.boxes);
  });

  afterEach(() => rm(home.root, { recursive: true }));

  const readAll = async () => {
    const { found, damaged } = await readAllBoxes(home);
    return { boxes: found, corrupt: damaged.map(({ id }) => id) };
  };

  it('come back as they were written', async () => {
    const config = boxConfig({ name: 'one', env: { A: 'b' } });
    await createBoxFiles(home, config);
    const state = { ...initialState(), status: 'stopped' as const, imageDigest: `sha256:${'0'.repeat(64)}` };
    await writeBoxState(home.box(config.id), state);
    expect(await readAll()).toEqual({ boxes: [{ config, state }], corrupt: [] });
  });

  it.each([
    ['cut short', (content: string) => content.slice(0, content.length / 2)],
    ['of another version', (content: string) => content.replace('"version": 1', '"version": 99')],
    ['of another Box', (content: string) => content.replace(/"id": "[^"]+"/, '"id": "000000000000"')],
    ['a number', () => '42'],
    ['empty', () => ''],
    ['with a wrong kind of value', (content: string) => content.replace('"cpus": 1', '"cpus": "many"')],
  ])('cost that Box only when its configuration is %s', async (_, damage) => {
    const [broken, whole] = [boxConfig({}), boxConfig({})];
    await createBoxFiles(home, broken);
    await createBoxFiles(home, whole);
    const path = home.box(broken.id).config;
    await writeFile(path, damage(await readFile(path, 'utf8')));
    const { boxes, corrupt } = await readAll();
    expect(boxes.map(({ config }) => config.id)).toEqual([whole.id]);
    expect(corrupt).toEqual([broken.id]);
    expect(await readdir(home.boxes)).toContain(broken.id);
  });

  it('are gone after a removal, also one that was cut off', async () => {
    const config = boxConfig({});
    await createBoxFiles(home, config);
    await removeBoxFiles(home, config.id);
    await mkdir(join(home.boxes, '.removing-0123456789ab', 'rootfs'), { recursive: true });
    expect(await readAll()).toEqual({ boxes: [], corrupt: [] });
    expect(await readdir(home.boxes)).toEqual([]);
  });
});
