import { isAbsolute } from 'node:path';

/** A path as the user means it: relative ones begin where the command was typed. What is at its end, `/` or `/.`, stays. */
export const fromHere = (cwd: string, path: string): string => (isAbsolute(path) ? path : `${cwd}/${path}`);
