import type { BoxliteErrorCode } from '@boxlite/core';
import { plainText } from '../output/plain-text.js';
import { CliError, InterruptedError, OutputClosedError, ReportedError } from './cli-error.js';
import { inCliWords } from './cli-words.js';
import { isBoxliteError } from './exit-code.js';
import { describeLockedHome, isLockedHome } from './locked-home.js';

const MAX_LINES = 2;
/** A guest that died is explained by its console's tail alone. */
const MAX_TAIL_LINES = 12;
/** The codes of messages that speak of what the caller gave, or can do. */
const IN_CLI_WORDS: ReadonlySet<BoxliteErrorCode> = new Set([
  'InvalidArgument',
  'InvalidState',
  'NotFound',
  'Storage',
  'Unsupported',
  'UnsupportedEngine',
]);

const chain = (error: unknown): string[] => {
  const lines: string[] = [];
  for (let each = error; each instanceof Error && lines.length < 100; each = each.cause) {
    lines.push(...`${lines.length === 0 ? '' : 'caused by '}${each.stack ?? String(each)}`.split('\n'));
  }
  return lines;
};

const wordsOf = (error: Error): string => {
  if (isLockedHome(error)) return describeLockedHome(error).message;
  return isBoxliteError(error) && IN_CLI_WORDS.has(error.code) ? inCliWords(error.message) : error.message;
};

const messageLines = (error: Error): string[] => {
  const lines = wordsOf(error)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
  const max = isBoxliteError(error) && error.reason === 'vm-died' ? MAX_TAIL_LINES : MAX_LINES;
  if (lines.length <= max) return lines;
  // The first line says what failed; of a console, the end says why.
  return [...lines.slice(0, 1), ...lines.slice(lines.length - max + 1)];
};

const hintOf = (error: Error, command: string): string | undefined => {
  if (error instanceof CliError) return error.hint;
  if (!isBoxliteError(error)) return 'This is a bug in BoxLite; run the command again with --debug to see more.';
  if (isLockedHome(error)) return describeLockedHome(error).hint;
  if (error.code === 'InvalidArgument') return `See '${command} --help'.`;
  if (error.code === 'UnsupportedEngine') return "'boxlite info' shows what was found on this machine.";
  if (error.code === 'Internal') return 'This is a bug in BoxLite; run the command again with --debug to see more.';
  return undefined;
};

/**
 * What is printed of a failure: `boxlite: ` and its message, and a line of help where there is more to say; nothing of an interruption.
 * @param command the command that failed, such as `boxlite run`
 * @param debug adds the stacks of the error and all its causes
 */
export const describeError = (error: unknown, { command, debug }: { command: string; debug: boolean }): string => {
  const silent = error instanceof InterruptedError || error instanceof OutputClosedError || error instanceof ReportedError;
  const known = error instanceof Error ? error : new Error(String(error));
  const lines: string[] = [];
  if (!silent) {
    const [first = known.name, ...rest] = messageLines(known);
    const hint = hintOf(known, command);
    lines.push(`boxlite: ${first}`, ...rest.map((line) => `  ${line}`), ...(hint === undefined ? [] : [hint]));
  }
  if (debug) lines.push(...chain(known));
  return lines.map((line) => `${plainText(line)}\n`).join('');
};
