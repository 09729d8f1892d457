import type { ProgressEvent } from '@boxlite/core';
import { plainText } from '../output/plain-text.js';
import { size } from '../output/units.js';
import { type Amount, isDigest, overall, type Task } from './task-list.js';

const BAR_WIDTH = 24;
const SPINNER = ['|', '/', '-', '\\'];
const SPINNER_MS = 120;

const DOING: Record<ProgressEvent['operation'], string> = {
  pull: 'Pulling',
  prepare: 'Preparing',
  start: 'Starting Box',
  export: 'Exporting Box',
  import: 'Importing',
  copy: 'Copying',
};

const bar = ({ current, total }: { current: number; total: number }): string => {
  const filled = Math.round(BAR_WIDTH * Math.min(1, current / total));
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}]`;
};

const measure = (amount: Amount | undefined): string => {
  if (amount === undefined) return '';
  const { current, total } = amount;
  if (total === undefined || total === 0) return current === 0 ? '' : size(current);
  return `${bar({ current, total })} ${String(Math.floor((100 * Math.min(current, total)) / total)).padStart(3)}% ${size(current)}/${size(total)}`;
};

/** `sha256:0123456789ab…` as Docker shows it. */
const shortDigest = (digest: string): string => digest.slice(digest.indexOf(':') + 1).slice(0, 12);

/** The named part that moves: they come one after another. */
const part = ({ parts }: Task): string | undefined => {
  const [name, amount] = [...parts].find(([each, { done }]) => !isDigest(each) && !done) ?? [];
  return name === undefined ? undefined : `${name} ${measure(amount)}`.trim();
};

const taskLines = (task: Task, now: number): string[] => {
  const elapsed = now - task.startedAt;
  const spinner = SPINNER[Math.floor(elapsed / SPINNER_MS) % SPINNER.length] ?? '';
  const progress = part(task) ?? measure(overall(task));
  const state = progress === '' ? `${task.step ?? ''} ${(elapsed / 1_000).toFixed(1)} s`.trim() : progress;
  const layers = [...task.parts]
    .filter(([name, { done }]) => isDigest(name) && !done)
    .map(([digest, amount]) => `    ${shortDigest(digest).padEnd(12)} ${measure(amount) || 'waiting'}`);
  return [`${spinner} ${DOING[task.operation]} ${task.subject}  ${state}`, ...layers];
};

/** What a terminal of this size shows of the tasks: never wider or higher than it, so that it can be erased again. */
export const taskListLines = (tasks: readonly Task[], now: number, { columns, rows }: { columns: number; rows: number }): string[] => {
  const lines = tasks.flatMap((task) => taskLines(task, now)).map((line) => plainText(line).slice(0, columns - 1));
  const room = Math.max(1, rows - 2);
  return lines.length <= room ? lines : [...lines.slice(0, room - 1), `    and ${String(lines.length - room + 1)} more`];
};
