import type { ProgressEvent } from '@boxlite/core';

type Operation = ProgressEvent['operation'];

/** Bytes of a task or of one of its parts; `total` is `undefined` while nobody knows it. */
export interface Amount {
  current: number;
  total: number | undefined;
}

/** One pull, preparation, start, export or import that is under way. */
export interface Task {
  readonly operation: Operation;
  readonly subject: string;
  readonly startedAt: number;
  /** What it does at the moment, when that is a step and not an amount: `boot`. */
  step: string | undefined;
  amount: Amount | undefined;
  /** Layers by digest and other parts by name, in the order in which they came. */
  readonly parts: Map<string, Amount & { done: boolean }>;
}

/** Tells layers, which are many at a time, from other parts. */
export const isDigest = (part: string): boolean => part.includes(':');

/** The tasks that are under way, made of core's events. */
export class TaskList {
  readonly #tasks = new Map<string, Task>();

  /** Takes in an event. Returns its task, also when the event is the task's end. */
  apply(event: ProgressEvent, now: number): Task {
    const key = `${event.operation} ${event.subject}`;
    const task = this.#tasks.get(key) ?? {
      operation: event.operation,
      subject: event.subject,
      startedAt: now,
      step: undefined,
      amount: undefined,
      parts: new Map<string, Amount & { done: boolean }>(),
    };
    const ended = event.status === 'done' || event.status === 'failed';
    if (event.part === undefined) {
      task.amount = amount(event, task.amount);
      if (ended) this.#tasks.delete(key);
      else this.#tasks.set(key, task);
    } else {
      this.#tasks.set(key, task);
      if (!isDigest(event.part) && event.current === undefined) task.step = event.part;
      else task.parts.set(event.part, { ...(amount(event, task.parts.get(event.part)) ?? { current: 0, total: undefined }), done: ended });
    }
    return task;
  }

  get current(): Task[] {
    return [...this.#tasks.values()];
  }
}

/** Of a whole: what its own events say, or the sum of its parts, whose total is known once that of each part is. */
export const overall = (task: Task): Amount | undefined => {
  if (task.parts.size === 0) return task.amount;
  const parts = [...task.parts.values()];
  return {
    current: parts.reduce((sum, { current }) => sum + current, 0),
    total:
      task.amount?.total ??
      (parts.every(({ total }) => total !== undefined) ? parts.reduce((sum, { total }) => sum + (total ?? 0), 0) : undefined),
  };
};

const amount = ({ current, total }: ProgressEvent, before: Amount | undefined): Amount | undefined =>
  current === undefined && total === undefined ? before : { current: current ?? before?.current ?? 0, total: total ?? before?.total };
