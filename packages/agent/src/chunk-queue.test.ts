import fc from 'fast-check';

import { ChunkQueue } from './chunk-queue.js';
import { bytes, options } from './testing/arbitraries.js';

test('what goes in comes out, in order, however it is taken', () => {
  const steps = fc.array(
    fc.oneof({ weight: 3, arbitrary: bytes.filter((chunk) => chunk.length > 0) }, { weight: 2, arbitrary: fc.constant('take' as const) }),
  );
  fc.assert(
    fc.property(steps, (list) => {
      const queue = new ChunkQueue();
      const pushed: Buffer[] = [];
      const taken: Buffer[] = [];
      for (const step of list) {
        if (step === 'take') {
          const chunk = queue.shift();
          if (chunk) taken.push(chunk);
        } else {
          queue.push(step);
          pushed.push(step);
        }
        const size = (chunks: Buffer[]): number => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
        expect(queue.size).toBe(size(pushed) - size(taken));
      }
      expect(Buffer.concat([...taken, queue.drain()]).equals(Buffer.concat(pushed))).toBe(true);
      expect([queue.size, queue.shift()]).toEqual([0, undefined]);
    }),
    options,
  );
});

test('a chunk that was taken does not change afterwards', () => {
  const queue = new ChunkQueue();
  queue.push(Buffer.from('abc'));
  const chunk = queue.shift();
  queue.push(Buffer.from('xyz'));
  expect(chunk?.toString()).toBe('abc');
});
