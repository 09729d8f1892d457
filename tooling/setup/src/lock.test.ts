import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withLock } from './lock.js';

describe('withLock', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lock-'));
  });

  afterEach(() => rm(directory, { recursive: true }));

  test('lets one in at a time, also after a failure', async () => {
    const path = join(directory, 'below/lock');
    let inside = 0;
    const work = async (): Promise<string> => {
      inside += 1;
      expect(inside).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      inside -= 1;
      return 'done';
    };
    await expect(withLock(path, () => Promise.reject(new Error('no luck')))).rejects.toThrow('no luck');
    await expect(Promise.all([withLock(path, work), withLock(path, work), withLock(path, work)])).resolves.toEqual([
      'done',
      'done',
      'done',
    ]);
  });

  test('says when it has to wait', async () => {
    const path = join(directory, 'lock');
    const told: string[] = [];
    let second: Promise<void> | undefined;
    await withLock(
      path,
      () =>
        new Promise<void>((release) => {
          const work = (): Promise<void> => Promise.resolve(void told.push('second works'));
          second = withLock(path, work, () => {
            told.push('second waits');
            release();
          });
        }),
      () => told.push('first waits'),
    );
    await second;
    expect(told).toEqual(['second waits', 'second works']);
  });
});
