import { origins, startedFrom, strays } from './origin.js';

const RUNS = [{ from: 'pool' as const }, { from: 'template' as const }, { from: 'pool' as const }, { from: null }];

test('keeps what was started as it should be', () => {
  expect(startedFrom('pool', RUNS)).toEqual([RUNS[0], RUNS[2]]);
  expect(() => startedFrom('clone', RUNS)).toThrow('no Box was started from clone, but from nothing, pool, template');
});

test('names what Boxes were started from', () => {
  expect(origins(RUNS)).toBe('nothing, pool, template');
  expect(strays('embedded image', 'pool', RUNS)).toEqual(['embedded image: 2 of 4 starts, which were from nothing, template']);
  expect(strays('embedded image', 'pool', [{ from: 'pool' }])).toEqual([]);
});
