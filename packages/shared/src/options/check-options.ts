import { BoxliteError } from '../errors/boxlite-error.js';

/**
 * An option that nothing reads is a mistake of whoever gives it, mostly of spelling.
 *
 * @param what - whose options they are: `a Box`.
 * @throws BoxliteError `InvalidArgument` naming the option, and those that there are.
 */
export const checkOptions = (options: object, what: string, names: readonly string[]): void => {
  if (typeof options !== 'object' || (options as unknown) === null || Array.isArray(options)) {
    throw new BoxliteError('InvalidArgument', `the options of ${what} are ${shown(options)}; they must be an object`);
  }
  for (const name in options) {
    if (names.includes(name)) continue;
    const there = names.length === 0 ? 'there is none' : `there are ${names.join(', ')}`;
    throw new BoxliteError('InvalidArgument', `there is no option '${name}' for ${what}; ${there}`);
  }
};

const shown = (value: unknown): string => (JSON.stringify(value) ?? typeof value).slice(0, 200);
