/** Output line by line as it comes, input as it is written, and a command that is given up. */
import { createInterface } from 'node:readline';
import { BoxliteRuntime } from '@boxlite/core';

await using runtime = await BoxliteRuntime.open();
await using box = await runtime.create({ memoryMib: 256, autoRemove: true });

const count = await box.exec('sh', ['-c', 'for n in 1 2 3; do echo "line $n"; done']);
for await (const line of createInterface(count.stdout)) console.log(line);
console.log('exit code', (await count.wait()).exitCode);

const sort = await box.exec('sort', [], { stdin: 'pipe' });
sort.stdin.end('pear\napple\n');
for await (const line of createInterface(sort.stdout)) console.log(line);

const giveUp = new AbortController();
const endless = await box.exec('yes', [], { signal: giveUp.signal });
endless.stdout.once('data', () => giveUp.abort());
endless.stdout.on('error', () => undefined);
await endless.wait().catch(() => console.log('given up'));
