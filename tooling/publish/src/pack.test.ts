import { join } from 'node:path';
import { root } from '../../setup/src/paths.js';
import { faultsOf } from './pack.js';
import { publishedPackages } from './packages.js';

const packed = (directory: string, files: string[]) => ({
  name: '@boxlite/some',
  version: '1.0.0',
  directory: join(root, directory),
  archive: 'some.tgz',
  bytes: 1,
  files,
  manifest: {},
});

test('finds what is not for users, and what is missing', () => {
  expect(faultsOf(packed('packages/some', ['LICENSE', 'dist/index.js', 'package.json']))).toEqual([]);
  expect(faultsOf(packed('platform/some', ['package.json', 'program']))).toEqual([]);
  expect(faultsOf(packed('packages/some', ['dist/index.js', 'package.json', 'src/index.ts', 'dist/a.test.js']))).toEqual([
    '@boxlite/some: src/index.ts is not for users',
    '@boxlite/some: dist/a.test.js is not for users',
    '@boxlite/some: LICENSE is missing',
  ]);
});

test('publishes core, the command and the binaries, and nothing of the tooling', async () => {
  const names = (await publishedPackages()).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['@boxlite/core', '@boxlite/cli', '@boxlite/engine-linux-x64', '@boxlite/guest-x64']));
  expect(names).not.toContain('@boxlite/python');
});
