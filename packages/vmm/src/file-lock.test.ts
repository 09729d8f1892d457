import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { FileLock } from './file-lock.js';
import { temporaryDirectory } from './testing/temporary-directory.js';

test('one at a time, and who waits learns whom for', () => {
  using directory = temporaryDirectory();
  const path = directory.file('boxlite.lock');
  const lock = FileLock.acquire(path);
  expect(readFileSync(path, 'utf8')).toBe(`${process.pid}\n`);
  expect(() => FileLock.acquire(path)).toThrow(expect.objectContaining({ code: 'Config', reason: 'locked' }));
  expect(() => FileLock.acquire(path)).toThrow(`${process.pid}`);
  lock.release();
  lock.release();
  FileLock.acquire(path).release();
});

test('a process that runs on does not inherit it', () => {
  using directory = temporaryDirectory();
  const path = directory.file('boxlite.lock');
  const lock = FileLock.acquire(path);
  const { stdout } = spawnSync('sh', ['-c', 'ls -l /proc/self/fd'], { encoding: 'utf8' });
  expect(stdout).not.toContain('boxlite.lock');
  lock.release();
});

test('a place that cannot be written to is a Storage error', () => {
  expect(() => FileLock.acquire('/nonexistent/lock')).toThrow(expect.objectContaining({ code: 'Storage', reason: 'ENOENT' }));
});
