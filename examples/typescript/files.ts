/** Single files in the Box, and trees in and out. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BoxliteRuntime } from '@boxlite/core';

await using runtime = await BoxliteRuntime.open();
await using box = await runtime.create({ memoryMib: 256, autoRemove: true });

await box.files.write('/greeting', 'hello');
console.log((await box.files.read('/greeting')).toString());

const here = await mkdtemp(join(tmpdir(), 'example-'));
await writeFile(join(here, 'numbers'), '3\n1\n2\n');
await box.copyIn(join(here, 'numbers'), '/root/');
await box.run('sh', ['-c', 'sort -n /root/numbers > /root/sorted'], { check: true });
await box.copyOut('/root/sorted', join(here, 'sorted'));
console.log((await readFile(join(here, 'sorted'), 'utf8')).trim().split('\n').join(' '));
await rm(here, { recursive: true });
