import { join } from 'node:path';
import { work } from '../../setup/src/paths.js';

/** What the benchmarks make and keep between runs. */
export const benchWork = join(work, 'bench');
