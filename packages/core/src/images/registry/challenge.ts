/** One way in that a registry offers in `WWW-Authenticate` (RFC 9110, 11.6.1). */
export interface Challenge {
  /** Lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const PARAMETER = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+\-.^_`|~0-9A-Za-z/:]+))/y;
const TOKEN_68 = /[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y;
const SPACE = /[ \t]*/y;
const SEPARATOR = /[ \t]*(?:,[ \t]*)+/y;
const MAX_LENGTH = 8192;
const MAX_CHALLENGES = 16;

/** Reads challenges; what cannot be read ends the list, as the header comes from outside. */
export const parseChallenges = (header: string): Challenge[] => {
  const challenges: Challenge[] = [];
  if (header.length > MAX_LENGTH) return challenges;
  let position = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const match = pattern.exec(header);
    if (match !== null) position = pattern.lastIndex;
    return match;
  };

  take(SEPARATOR);
  while (challenges.length < MAX_CHALLENGES) {
    take(SPACE);
    const scheme = take(TOKEN);
    if (scheme === null) break;
    const parameters = new Map<string, string>();
    challenges.push({ scheme: scheme[0].toLowerCase(), parameters });
    take(SPACE);
    let parameter = take(PARAMETER);
    if (parameter === null) take(TOKEN_68);
    while (parameter !== null) {
      const [, name = '', quoted, bare = ''] = parameter;
      const key = name.toLowerCase();
      if (!parameters.has(key)) parameters.set(key, quoted === undefined ? bare : quoted.replace(/\\(.)/g, '$1'));
      const end = position;
      if (take(SEPARATOR) === null) break;
      parameter = take(PARAMETER);
      if (parameter === null) position = end;
    }
    if (take(SEPARATOR) === null) break;
  }
  return challenges;
};
