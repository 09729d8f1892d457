/** A shell in a terminal that a program types at. */
import { BoxliteRuntime } from '@boxlite/core';

await using runtime = await BoxliteRuntime.open();
await using box = await runtime.create({ memoryMib: 256, autoRemove: true });

const shell = await box.exec('sh', [], { tty: { rows: 24, columns: 80 }, stdin: 'pipe', env: { PS1: '' } });
await shell.resize({ rows: 40, columns: 120 });
shell.stdin.write('stty size; tty; exit 7\r');

let screen = '';
for await (const chunk of shell.stdout) screen += String(chunk);
console.log(/40 120\s+\/dev\/pts\/\d+/.test(screen) ? 'a terminal of 40 rows' : screen);
console.log('exit code', (await shell.wait()).exitCode);
