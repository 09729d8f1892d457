import { ReadWriteLock } from './read-write-lock.js';

const deferred = (): { promise: Promise<void>; resolve: () => void } => {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
};

describe('ReadWriteLock', () => {
  it('lets readers in together and keeps a writer out until they are done', async () => {
    const lock = new ReadWriteLock();
    const order: string[] = [];
    const gate = deferred();
    const first = lock.read(async () => {
      order.push('first reads');
      await gate.promise;
    });
    const second = lock.read(() => {
      order.push('second reads');
    });
    await second;
    const writer = lock.write(() => {
      order.push('writes');
    });
    const late = lock.read(() => {
      order.push('late reads');
    });
    gate.resolve();
    await Promise.all([first, writer, late]);
    expect(order).toEqual(['first reads', 'second reads', 'writes', 'late reads']);
  });

  it('is free again after work that throws', async () => {
    const lock = new ReadWriteLock();
    await expect(lock.write(() => Promise.reject(new Error('oh')))).rejects.toThrow('oh');
    expect(await lock.read(() => 'in')).toBe('in');
  });
});
