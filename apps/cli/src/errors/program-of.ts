import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** Of a name or path; whoever reads it wants to know which one it is, not all of it. */
const LONGEST = 60;

const shortened = (word: string): string => {
  const line = word.replaceAll(/\s+/g, ' ');
  return line.length <= LONGEST ? line : `…${line.slice(1 - LONGEST)}`;
};

/**
 * What a process runs, to know it by: its program's name and, as that of many is an interpreter's, the first argument that is no option. The
 * others may be secrets. Undefined where it has ended, or may not be looked at.
 */
export const programOf = (pid: number): string | undefined => {
  let words: string[];
  try {
    words = readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8').split('\0');
  } catch {
    return undefined;
  }
  const [program = '', ...rest] = words.filter((word) => word !== '');
  const argument = rest.find((word) => !word.startsWith('-'));
  return program === '' ? undefined : [basename(program), ...(argument === undefined ? [] : [argument])].map(shortened).join(' ');
};
