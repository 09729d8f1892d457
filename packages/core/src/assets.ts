import { fileURLToPath } from 'node:url';

/** Absolute path of a file or directory that ships with this package. Lies directly in `src/` so that it holds from `dist/` too. */
export const assetPath = (name: string): string => fileURLToPath(new URL(`../assets/${name}`, import.meta.url));
