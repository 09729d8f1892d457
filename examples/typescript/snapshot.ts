/** A Box that is put back to what it was: its disk, and its memory with all processes. */
import { BoxliteRuntime } from '@boxlite/core';

await using runtime = await BoxliteRuntime.open();
await using box = await runtime.create({ memoryMib: 256, autoRemove: true });

await box.run('sh', ['-c', 'echo precious > /data; sleep 1000 &'], { check: true });
await box.snapshots.create('before');
await box.run('sh', ['-c', 'rm /data; killall sleep'], { check: true });
console.log('after the accident:', (await box.run('sh', ['-c', 'ls /data; pidof sleep'])).stdout || 'nothing');

await box.snapshots.restore('before');
console.log((await box.run('cat', ['/data'])).stdout.trim());
console.log('it goes on:', (await box.run('pidof', ['sleep'])).exitCode === 0 ? 'yes' : 'no');
