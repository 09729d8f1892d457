/** `./dev pack [DIRECTORY]`: packs what is published, and says how large it is. */
import { mkdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { faultsOf, packAll } from './pack.js';
import { buildWheel } from './wheel.js';
import { root } from '../../setup/src/paths.js';

const directory = resolve(process.env['INIT_CWD'] ?? '.', process.argv[2] ?? join(root, '.cache/packed'));
await mkdir(directory, { recursive: true });

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2).padStart(6)} MB`;
const packed = await packAll(directory);
for (const { name, version, bytes } of packed) console.log(`${megabytes(bytes)}  ${name}@${version}`);
console.log(`${megabytes(packed.reduce((sum, { bytes }) => sum + bytes, 0))}  all, in ${directory}`);
const wheel = await buildWheel(directory);
console.log(`${megabytes((await stat(wheel)).size)}  ${basename(wheel)}, with all of them but the command`);

const faults = packed.flatMap(faultsOf);
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
