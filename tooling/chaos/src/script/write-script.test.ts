import { writeScript } from './write-script.js';

const SCRIPTS = Array.from({ length: 200 }, (_, round) => writeScript(4711, round));

describe('writeScript', () => {
  it('follows from the seed and the round alone', () => {
    expect(SCRIPTS).toEqual(SCRIPTS.map(({ round }) => writeScript(4711, round)));
    expect(new Set(SCRIPTS.map(({ turns }) => JSON.stringify(turns))).size).toBe(SCRIPTS.length);
    expect(writeScript(4712, 1).turns).not.toEqual(writeScript(4711, 1).turns);
  });

  it('has everything in it, after some rounds', () => {
    const turns = SCRIPTS.flatMap((script) => script.turns);
    const operations = new Set(turns.flatMap(({ lanes }) => lanes.flat().map(({ kind }) => kind)));
    const faults = new Set(turns.flatMap((turn) => turn.faults.map(({ kind }) => kind)));
    expect([...operations].toSorted()).toEqual([
      'clone',
      'drop',
      'drop-image',
      'exec',
      'guest-clock',
      'pull',
      'remove',
      'restore',
      'snapshot',
      'start',
      'stop',
      'write',
    ]);
    expect([...faults].toSorted()).toEqual(['break-vmm', 'break-worker', 'fill-disk', 'intrude', 'kill-shim', 'kill-vmm', 'worker-clock']);
    expect(turns.filter(({ killAtMs }) => killAtMs !== null).length).toBeGreaterThan(turns.length / 2);
  });

  it('writes each file once, and lets only the lane that has a Box take something away from it', () => {
    const all = SCRIPTS.flatMap((script) => script.turns).flatMap(({ lanes }) => lanes);
    const files = all.flat().flatMap((operation) => (operation.kind === 'write' ? [operation.file] : []));
    expect(new Set(files).size).toBe(files.length);
    for (const { lanes } of SCRIPTS.flatMap((script) => script.turns)) {
      const others = lanes.at(-1) ?? [];
      expect(others.filter(({ kind }) => ['write', 'remove', 'restore', 'clone', 'drop', 'snapshot'].includes(kind))).toEqual([]);
    }
  });
});
