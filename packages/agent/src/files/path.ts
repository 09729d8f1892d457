import { BoxliteError, plainText } from '@boxlite/shared';

import type { BoxPath } from './box-files.js';

const MAX_PATH_BYTES = 4096;

/** How a path reads in a message. */
export const showPath = (path: BoxPath): string => `'${plainText(path.toString(), 200)}'`;

/** Checks a path of a Box. @throws BoxliteError `InvalidArgument` when it is none. */
export const pathBytes = (path: BoxPath): Buffer => {
  if (typeof path !== 'string' && !Buffer.isBuffer(path))
    throw invalid(`A path in a Box is a string or a Buffer, not of type ${typeof path}.`);
  const bytes = Buffer.from(path as string);
  if (bytes[0] !== 0x2f) throw invalid(`The path ${showPath(path)} is not absolute; paths in a Box begin with a slash.`);
  if (bytes.includes(0)) throw invalid(`The path ${showPath(path)} contains a NUL character.`);
  if (bytes.length >= MAX_PATH_BYTES)
    throw invalid(`The path ${showPath(path)} has ${bytes.length} bytes; Linux takes ${MAX_PATH_BYTES - 1}.`);
  return bytes;
};

const invalid = (message: string): BoxliteError => new BoxliteError('InvalidArgument', message);
