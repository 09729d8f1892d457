import type { BoxInfo } from '@boxlite/core';
import { CliError } from '../errors/cli-error.js';
import { familiarImage } from '../output/familiar-image.js';

type Test = (box: BoxInfo, value: string) => boolean;

const hasLabel: Test = ({ labels }, value) => {
  const at = value.indexOf('=');
  return at < 0
    ? Object.hasOwn(labels, value)
    : Object.hasOwn(labels, value.slice(0, at)) && labels[value.slice(0, at)] === value.slice(at + 1);
};

const TESTS: Readonly<Record<string, Test>> = {
  id: ({ id }, value) => id.startsWith(value),
  name: ({ name }, value) => name?.includes(value) === true,
  image: ({ image }, value) => image === value || familiarImage(image) === familiarImage(value),
  status: ({ status }, value) => status === value,
  label: hasLabel,
  health: ({ health }, value) => (health?.status ?? 'none') === value,
};

/** Total, so that a new status cannot be forgotten. */
const STATUSES: Readonly<Record<BoxInfo['status'], true>> = {
  configured: true,
  starting: true,
  running: true,
  paused: true,
  stopping: true,
  stopped: true,
  failed: true,
};

/** Makes a test of `key=value` filters: those of one key are alternatives, those of different keys must all fit, as in Docker. */
export const boxFilter = (filters: readonly string[]): ((box: BoxInfo) => boolean) => {
  const byKey = new Map<string, string[]>();
  for (const filter of filters) {
    const at = filter.indexOf('=');
    const key = filter.slice(0, Math.max(at, 0));
    const value = filter.slice(at + 1);
    if (!Object.hasOwn(TESTS, key)) throw new CliError(`there is no filter '${filter}'`, `Filters are ${Object.keys(TESTS).join('=, ')}=.`);
    if (key === 'status' && !Object.hasOwn(STATUSES, value))
      throw new CliError(`there is no status '${value}'`, `A Box is ${Object.keys(STATUSES).join(', ')}.`);
    byKey.set(key, [...(byKey.get(key) ?? []), value]);
  }
  return (box) => [...byKey].every(([key, values]) => values.some((value) => TESTS[key]?.(box, value) === true));
};
