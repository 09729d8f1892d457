import { fileURLToPath } from 'node:url';

/** The directory of the guest image. This file must stay directly in `src`: the path is the same from `dist`. */
export const assetsDirectory = (): string => fileURLToPath(new URL('../assets/', import.meta.url));
