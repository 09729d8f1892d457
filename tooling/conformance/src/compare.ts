import type { Command, Outcome } from './command.js';

/** A line that only one side printed, or the exit statuses where they differ. */
export interface Difference {
  command: string;
  stream: 'status' | 'stdout' | 'stderr' | 'order';
  /** Which side printed it. */
  side: 'runc' | 'box';
  line: string;
}

const count = (lines: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
};

/** The lines of `lines` that are not in `others`, each as often as it is missing there. */
const missing = (lines: readonly string[], others: readonly string[]): string[] => {
  const left = count(others);
  return lines.filter((line) => {
    const found = left.get(line) ?? 0;
    left.set(line, found - 1);
    return found <= 0;
  });
};

/** All in which the outcomes of one command differ. Lines that both printed, but in another order, are a difference too. */
export const compare = ({ name }: Command, runc: Outcome, box: Outcome): Difference[] => {
  const differences: Difference[] = [];
  const add = (stream: Difference['stream'], side: Difference['side'], line: string): void => {
    differences.push({ command: name, stream, side, line });
  };
  if (runc.status !== box.status) {
    add('status', 'runc', String(runc.status));
    add('status', 'box', String(box.status));
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    const [ours, theirs] = [box[stream].split('\n'), runc[stream].split('\n')];
    const [onlyTheirs, onlyOurs] = [missing(theirs, ours), missing(ours, theirs)];
    for (const line of onlyTheirs) add(stream, 'runc', line);
    for (const line of onlyOurs) add(stream, 'box', line);
    if (onlyTheirs.length + onlyOurs.length === 0 && runc[stream] !== box[stream]) {
      add('order', 'runc', theirs.join(' | '));
      add('order', 'box', ours.join(' | '));
    }
  }
  return differences;
};
