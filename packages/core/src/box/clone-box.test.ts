import { BoxliteError } from '@boxlite/shared';
import type { DiskChain, LayerRef } from '../disks/disk-chain.js';
import { newLayer } from '../disks/disk-chain.js';
import type { SavedMachine } from '../machine/saved-machine.js';
import { boxConfig } from '../options/box-config.js';
import type { BoxController } from './box-controller.js';
import { checkCloneOptions, cloneBox, type CloneHost } from './clone-box.js';
import type { CloneSource } from './clone-source.js';

const names = (options: Parameters<typeof checkCloneOptions>[0]): (string | null)[] => checkCloneOptions(options).names;

describe('the names of clones', () => {
  it('are numbered when there are several', () => {
    expect(names({})).toEqual([null]);
    expect(names({ count: 2 })).toEqual([null, null]);
    expect(names({ name: 'one' })).toEqual(['one']);
    expect(names({ name: 'set', count: 3 })).toEqual(['set-1', 'set-2', 'set-3']);
  });

  it.each([{ count: 0 }, { count: 1001 }, { count: 2.5 }, { name: '' }, { name: 'a/b' }, { name: 'x'.repeat(127), count: 2 }])(
    'are refused for %j',
    (options) => {
      expect(() => names(options)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
    },
  );
});

describe('cloneBox', () => {
  const parent = boxConfig({ name: 'parent', memoryMib: 256, labels: { role: 'parent' } });
  const disk: DiskChain = [newLayer('raw')];
  const saved = { memory: '/memory', devices: '/devices' } satisfies SavedMachine;
  const source = (changes: Partial<CloneSource> = {}): CloneSource => ({
    disk,
    imageDigest: 'sha256:0',
    saved,
    origin: 'clone',
    [Symbol.asyncDispose]: () => Promise.resolve(),
    ...changes,
  });

  /** A runtime that notes what is asked of it. `fail` names the step that fails for the last clone. */
  const fakeHost = (fail?: 'overlay' | 'add' | 'start') => {
    const made: LayerRef[] = [];
    const added: Parameters<CloneHost['add']>[0][number][] = [];
    const noted = { settled: [] as DiskChain, released: [] as DiskChain, discarded: [] as string[], started: [] as string[] };
    const failure = new BoxliteError('ResourceExhausted', 'the disk is full');
    const box = {
      disks: {
        overlay: () => {
          if (fail === 'overlay' && made.length === 2) return Promise.reject(failure);
          const layer = newLayer('qcow2');
          made.push(layer);
          return Promise.resolve(layer);
        },
        settle: (layers: DiskChain) => (noted.settled = layers),
      },
      releaseDisk: (layers: DiskChain) => {
        noted.released = layers;
        return Promise.resolve();
      },
      log: { warn: () => undefined },
    } as unknown as CloneHost['box'];
    const host: CloneHost = {
      box,
      add: (boxes) => {
        if (fail === 'add') return Promise.reject(failure);
        added.push(...boxes);
        return Promise.resolve(
          boxes.map(({ config }, index) => {
            const startFrom = (): Promise<void> => {
              if (fail === 'start' && index === 2) return Promise.reject(failure);
              noted.started.push(config.id);
              return Promise.resolve();
            };
            return { config, startFrom } as unknown as BoxController;
          }),
        );
      },
      discard: (id) => {
        noted.discarded.push(id);
        return Promise.resolve();
      },
    };
    return { host, made, added, noted };
  };

  it('gives each a layer of its own above the disk that they share, and starts it', async () => {
    const { host, made, added, noted } = fakeHost();
    const clones = await cloneBox(host, parent, source(), [null, 'two', null]);
    expect(added.map(({ state }) => state.disk)).toEqual(made.map((layer) => [...disk, layer]));
    expect(new Set(made.map(({ id }) => id)).size).toBe(3);
    expect(added.map(({ config }) => [config.name, config.memoryMib, config.labels])).toEqual(
      [null, 'two', null].map((name) => [name, 256, { role: 'parent' }]),
    );
    expect(added.every(({ config }) => config.hostname === config.id)).toBe(true);
    expect(noted.started).toEqual(clones.map(({ config }) => config.id));
    expect(noted.settled).toEqual(made);
  });

  it('keeps a host name that was asked for', async () => {
    const { host, added } = fakeHost();
    await cloneBox(host, boxConfig({ hostname: 'mine' }), source({ saved: undefined }), [null]);
    expect(added.map(({ config }) => config.hostname)).toEqual(['mine']);
  });

  it('starts none of a Box that did not run, and makes no disk for one that was never started', async () => {
    const stopped = fakeHost();
    await cloneBox(stopped.host, parent, source({ saved: undefined }), [null]);
    expect(stopped.added.map(({ state }) => state.status)).toEqual(['stopped']);
    expect(stopped.noted.started).toEqual([]);

    const never = fakeHost();
    await cloneBox(never.host, parent, source({ disk: null, imageDigest: null, saved: undefined }), [null]);
    expect(never.added.map(({ state }) => [state.status, state.disk])).toEqual([['configured', null]]);
    expect(never.made).toEqual([]);
  });

  it.each(['overlay', 'add', 'start'] as const)('makes all or none: nothing is left when %s fails', async (step) => {
    const { host, made, added, noted } = fakeHost(step);
    await expect(cloneBox(host, parent, source(), [null, null, null])).rejects.toMatchObject({ code: 'ResourceExhausted' });
    expect(noted.settled).toEqual(made);
    expect(noted.released).toEqual(made);
    expect(noted.discarded).toEqual(added.map(({ config }) => config.id));
  });
});
