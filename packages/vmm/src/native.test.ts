import { writeFileSync } from 'node:fs';
import { types } from 'node:util';
import { BoxliteError } from '@boxlite/shared';
import { load, native } from './native.js';
import { fromNative } from './native-error.js';
import { temporaryDirectory } from './testing/temporary-directory.js';

test('a missing, damaged or foreign module is told plainly', () => {
  using directory = temporaryDirectory();
  writeFileSync(directory.file('text.node'), 'no module');
  writeFileSync(directory.file('other.cjs'), 'exports.interfaceVersion = () => 999');
  writeFileSync(directory.file('empty.cjs'), '');
  const attempt = (file?: string) => () => load(file);
  expect(attempt()).toThrow(expect.objectContaining({ code: 'Unsupported', reason: 'platform' }));
  for (const [name, text] of [
    ['absent.node', 'cannot be loaded'],
    ['text.node', 'cannot be loaded'],
    ['other.cjs', 'interface version 999'],
    ['empty.cjs', 'interface version none'],
  ] as const) {
    expect(attempt(directory.file(name))).toThrow(expect.objectContaining({ code: 'Internal', reason: 'native-module' }));
    expect(attempt(directory.file(name))).toThrow(text);
  }
});

test('errors keep their code, reason and message', () => {
  const thrown = Object.assign(new Error('the disk is full'), { code: 'Storage/ENOSPC' });
  expect(fromNative(thrown)).toMatchObject({ code: 'Storage', reason: 'ENOSPC', message: 'the disk is full', cause: thrown });
  expect(fromNative(Object.assign(new Error('x'), { code: 'InvalidArg' }))).toMatchObject({ code: 'Internal' });
  expect(fromNative('text')).toBeInstanceOf(BoxliteError);
});

describe('the border', () => {
  const module = native();
  const refuses = (run: () => unknown): boolean => {
    try {
      run();
      return false;
    } catch (error) {
      return types.isNativeError(error);
    }
  };

  test('wrong types are refused, not crashed on', () => {
    const wrong = module as unknown as Record<string, (...args: unknown[]) => unknown>;
    expect(refuses(() => wrong['formatDisk']?.(1, 2))).toBe(true);
    expect(refuses(() => wrong['watchProcess']?.(1, 2, 3))).toBe(true);
    expect(refuses(() => wrong['processStartTime']?.('x'))).toBe(true);
    expect(refuses(() => wrong['captureMemory']?.('1', 2))).toBe(true);
    expect(refuses(() => wrong['readMemory']?.(1))).toBe(true);
    expect(refuses(() => wrong['copySparse']?.({ from: 'a' }, new module.Cancellation()))).toBe(true);
    expect(refuses(() => wrong['checksumFile']?.('a', {}))).toBe(true);
    expect(refuses(() => wrong['createOverlay']?.('a', 'b', 'c'))).toBe(true);
    expect(refuses(() => wrong['inspectLayer']?.('a'))).toBe(true);
    expect(refuses(() => wrong['flattenDisk']?.({ layers: [{}], output: 'a', sync: true }, new module.Cancellation(), () => 0))).toBe(true);
    const RootfsBuild = module.RootfsBuild as unknown as new (...args: unknown[]) => unknown;
    expect(refuses(() => new RootfsBuild({}, () => undefined))).toBe(true);
    expect(refuses(() => new RootfsBuild())).toBe(true);
  });

  test('a build runs once', async () => {
    const build = new module.RootfsBuild(
      { layers: [], directories: [], output: '/nonexistent/x', maxEntries: 1, maxBytes: 1 },
      () => undefined,
    );
    const first = build.run();
    expect(refuses(() => build.run())).toBe(true);
    await expect(first).rejects.toMatchObject({ code: 'Storage/ENOENT' });
    build.abort();
  });
});
