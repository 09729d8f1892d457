import type { RuntimeEvent } from '@boxlite/core';
import { CliError } from '../errors/cli-error.js';
import { familiarImage } from '../output/familiar-image.js';

type Test = (event: RuntimeEvent, value: string) => boolean;

const TESTS: Readonly<Record<string, Test>> = {
  type: ({ type }, value) => type === value,
  event: ({ action }, value) => action === value,
  box: ({ type, id, name }, value) => type === 'box' && (name === value || (value !== '' && id.startsWith(value))),
  image: ({ type, id, name }, value) =>
    type === 'image' && (id === value || name === value || (name !== null && familiarImage(name) === familiarImage(value))),
};

/** Makes a test of `key=value` filters: those of one key are alternatives, those of different keys must all fit, as in Docker. */
export const eventFilter = (filters: readonly string[]): ((event: RuntimeEvent) => boolean) => {
  const byKey = new Map<string, string[]>();
  for (const filter of filters) {
    const at = filter.indexOf('=');
    const key = filter.slice(0, Math.max(at, 0));
    if (!Object.hasOwn(TESTS, key)) throw new CliError(`there is no filter '${filter}'`, `Filters are ${Object.keys(TESTS).join('=, ')}=.`);
    byKey.set(key, [...(byKey.get(key) ?? []), filter.slice(at + 1)]);
  }
  return (event) => [...byKey].every(([key, values]) => values.some((value) => TESTS[key]?.(event, value) === true));
};
