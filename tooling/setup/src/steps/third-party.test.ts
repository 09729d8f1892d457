import { linkedInto } from './third-party.js';

const crate = (name: string, source: string | null = 'registry') => ({
  id: `${name} 1`,
  name,
  version: '1',
  license: 'MIT',
  repository: null,
  manifest_path: '',
  source,
});
const needs = (name: string, ...deps: [string, string | null][]) => ({
  id: `${name} 1`,
  deps: deps.map(([dep, kind]) => ({ pkg: `${dep} 1`, dep_kinds: [{ kind }] })),
});

test('counts what is linked in, through crates of our own too, and not what only builds or tests', () => {
  const packages = [crate('ours', null), crate('part', null), crate('b'), crate('a'), crate('builder'), crate('tester'), crate('other')];
  const nodes = [
    needs('ours', ['part', null], ['b', null], ['builder', 'build'], ['tester', 'dev']),
    needs('part', ['a', null]),
    needs('a', ['b', null]),
    needs('builder', ['other', null]),
  ];
  expect(linkedInto({ packages, resolve: { nodes } }, 'ours').map(({ name }) => name)).toEqual(['a', 'b']);
});
