import { shareOwner, startVolumes } from './start-volumes.js';
import { newVolume } from './volume-manager.js';
import type { VolumeStore } from './volume-store.js';

const store = {
  find: (name: string) => (name === 'gone' ? undefined : newVolume({ name, sizeMib: 64 })),
  layer: (name: string, id: string) => ({ id, path: `/v/${name}`, format: 'raw' }),
} as unknown as VolumeStore;

describe('startVolumes', () => {
  it('gives the machine a share and disks, and the guest where they belong', () => {
    const named = ['a', 'b', 'c'].map((name) => ({ name, boxPath: `/${name}`, readOnly: name === 'b' }));
    const host = [
      { hostPath: '/one', boxPath: '/one', readOnly: true },
      { hostPath: '/two', boxPath: '/two', readOnly: false },
    ];
    const volumes = startVolumes([...host, ...named], '7:8', store);
    expect(volumes?.shape).toEqual({ share: true, disks: 4 });
    expect(volumes?.share).toEqual({
      mounts: [
        { name: '0', source: '/one', readOnly: true },
        { name: '1', source: '/two', readOnly: false },
      ],
      owner: { user: 7, group: 8 },
    });
    expect(volumes?.disks.map(({ layers, readOnly }) => [layers[0]?.path, readOnly])).toEqual([
      ['/v/a', false],
      ['/v/b', true],
      ['/v/c', false],
      [undefined, false],
    ]);
    expect(volumes?.mounts.map(({ source }) => source)).toEqual([
      { $case: 'share', value: '0' },
      { $case: 'share', value: '1' },
      { $case: 'disk', value: 2 },
      { $case: 'disk', value: 3 },
      { $case: 'disk', value: 4 },
    ]);
  });

  it('is nothing for a Box without volumes, and has no share for one without the host', () => {
    expect(startVolumes([], null, store)).toBeUndefined();
    expect(startVolumes([{ name: 'a', boxPath: '/a', readOnly: false }], null, store)).toMatchObject({
      shape: { share: false, disks: 1 },
      share: undefined,
    });
    expect(() => startVolumes([{ name: 'gone', boxPath: '/a', readOnly: false }], null, store)).toThrow(/'gone' is missing/);
  });

  it.each([
    [null, 0, 0],
    ['1000', 1000, 0],
    ['1000:50', 1000, 50],
    ['node', 0, 0],
    ['1000:staff', 0, 0],
  ])('has the owner of the files be the user %s', (user, uid, gid) => {
    expect(shareOwner(user)).toEqual({ user: uid, group: gid });
  });
});
