/** A command in a VM. */
import { BoxliteRuntime } from '@boxlite/core';

await using runtime = await BoxliteRuntime.open();
await using box = await runtime.create({ memoryMib: 256, autoRemove: true });

const { stdout, exitCode } = await box.run('echo', ['hello from a VM']);
console.log(exitCode, stdout.trim());
