/** One Box is prepared, and others go on from there at once, each on its own. */
import { BoxliteRuntime } from '@boxlite/core';

await using runtime = await BoxliteRuntime.open();
await using prepared = await runtime.create({ memoryMib: 256, autoRemove: true });
await prepared.run('sh', ['-c', 'seq 1 30 > /numbers'], { check: true });

const workers = await prepared.clone({ count: 3 });
const sums = await Promise.all(
  workers.map(async (worker, index) => {
    const script = `sed -n '${String(index * 10 + 1)},${String(index * 10 + 10)}p' /numbers | awk '{ sum += $1 } END { print sum }'`;
    return Number((await worker.run('sh', ['-c', script], { check: true })).stdout);
  }),
);
await Promise.all(workers.map((worker) => worker.remove({ force: true })));
console.log(
  sums.join(' + '),
  '=',
  sums.reduce((sum, each) => sum + each),
);
