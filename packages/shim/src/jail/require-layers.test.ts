import type { JailReport } from './jail-report.js';
import { jailGaps, layersInForce } from './layers.js';
import { requireLayers } from './require-layers.js';

const WHOLE: JailReport = {
  namespaces: ['user', 'mount', 'pid', 'ipc', 'uts', 'cgroup', 'network'],
  landlock: 6,
  seccomp: true,
  cgroup: { controllers: [], paths: [] },
  refused: [],
};

const refusal = (words: RegExp): unknown =>
  expect.objectContaining({ code: 'Unsupported', reason: 'jail-incomplete', message: expect.stringMatching(words) as string });

describe('requireLayers', () => {
  it('takes a jail that has what is required, whatever else it lacks', () => {
    requireLayers(WHOLE, ['strict']);
    requireLayers({ ...WHOLE, landlock: null }, ['seccomp', 'user-namespace']);
    requireLayers({ ...WHOLE, namespaces: [], landlock: null, seccomp: false }, []);
  });

  it.each<[string, Partial<JailReport>, RegExp]>([
    [
      'a namespace',
      { namespaces: ['mount', 'pid', 'ipc', 'uts', 'cgroup', 'network'] },
      /requires: user-namespace\. .*max_user_namespaces/,
    ],
    ['Landlock', { landlock: null }, /requires: landlock\. .*Linux 5\.13/],
    ['the list of system calls', { seccomp: false, refused: ['a filter: EPERM'] }, /requires: seccomp\. .*The host said: a filter: EPERM/],
  ])('strict misses %s, and says how to get it', (_, less, words) => {
    expect(() => {
      requireLayers({ ...WHOLE, ...less }, ['strict']);
    }).toThrow(refusal(words) as Error);
  });

  it('names each layer that is missing of those required', () => {
    expect(() => {
      requireLayers({ ...WHOLE, landlock: null, seccomp: false, namespaces: [] }, ['landlock', 'network-namespace']);
    }).toThrow(refusal(/requires: network-namespace, landlock\. /) as Error);
  });

  it('counts limits only where they are named', () => {
    expect(() => {
      requireLayers(WHOLE, ['strict', 'cgroup-memory']);
    }).toThrow(refusal(/requires: cgroup-memory\. .*Delegate=yes/) as Error);
    requireLayers({ ...WHOLE, cgroup: { controllers: ['memory'], paths: [] } }, ['strict', 'cgroup-memory']);
  });

  it('tells of what is missing and how to get it, once for each reason', () => {
    const limits = { layers: ['cgroup-memory', 'cgroup-pids', 'cgroup-cpu'], advice: expect.stringContaining('Delegate=yes') as string };
    expect(jailGaps(WHOLE)).toEqual([limits]);
    const namespaces = { layers: ['pid-namespace', 'ipc-namespace'], advice: expect.stringContaining('AppArmor') as string };
    expect(jailGaps({ ...WHOLE, namespaces: ['user', 'mount', 'uts', 'cgroup', 'network'] })).toEqual([namespaces, limits]);
  });

  it('knows every layer that can be required as one that can be in force', () => {
    expect(layersInForce(WHOLE)).toEqual(expect.arrayContaining(['user-namespace', 'network-namespace', 'landlock', 'seccomp']));
  });
});
