import type { RecoveryReport } from '@boxlite/core';
import { inCliWords } from '../errors/cli-words.js';
import { plainText } from './plain-text.js';

/** What the user should know of how the home was found: what cannot be read, and which Boxes have ended with the program that had them. */
export const recoveryLines = ({ actions }: RecoveryReport): string[] => {
  const damaged = actions.filter(({ action }) => action === 'kept-aside');
  const ended = actions.filter(({ action }) => action === 'settled').map(({ name }) => name);
  const whose = ended.length === 1 ? 'a Box' : `${String(ended.length)} Boxes`;
  return [
    ...damaged.map(({ kind, name, detail }) => plainText(inCliWords(`the ${kind} ${name} is left out: ${detail}`))),
    ...(ended.length === 0 ? [] : [`${whose} had ended while no program had the home: ${ended.join(', ')}`]),
  ];
};
