import { fileURLToPath } from 'node:url';

/** Absolute path of a file that ships with this package. Lies directly in `src/` so that it holds from `dist/` too. */
export const interpreterPath = (name: string): string => fileURLToPath(new URL(`../interpreters/${name}`, import.meta.url));
