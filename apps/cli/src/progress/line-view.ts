import type { ProgressEvent } from '@boxlite/core';
import { plainText } from '../output/plain-text.js';
import { seconds, size } from '../output/units.js';
import { type ProgressView, QUIET_MS } from './progress-view.js';
import { overall, type Task, TaskList } from './task-list.js';

/** Starts are left out: in a log, they would stand between the lines of every command. */
const WORDS: Partial<Record<ProgressEvent['operation'], { begun: string; done: string }>> = {
  pull: { begun: 'pulling', done: 'pulled' },
  prepare: { begun: 'preparing', done: 'prepared' },
  export: { begun: 'exporting Box', done: 'exported Box' },
  import: { begun: 'importing', done: 'imported' },
};

/** Plain lines for logs: one when something turns out to take time, one when it is done. */
export class LineView implements ProgressView {
  readonly #write: (text: string) => unknown;
  readonly #tasks = new TaskList();
  readonly #waiting = new Map<Task, NodeJS.Timeout>();
  readonly #announced = new Set<Task>();
  #closed = false;

  constructor(write: (text: string) => unknown) {
    this.#write = write;
  }

  show(event: ProgressEvent): void {
    const words = WORDS[event.operation];
    if (this.#closed || words === undefined) return;
    const task = this.#tasks.apply(event, Date.now());
    const ended = event.part === undefined && (event.status === 'done' || event.status === 'failed');
    if (!ended) {
      if (this.#waiting.has(task) || this.#announced.has(task)) return;
      this.#waiting.set(
        task,
        setTimeout(() => {
          this.#waiting.delete(task);
          this.#announced.add(task);
          this.#line(`${words.begun} ${task.subject}`);
        }, QUIET_MS).unref(),
      );
      return;
    }
    clearTimeout(this.#waiting.get(task));
    this.#waiting.delete(task);
    if (!this.#announced.delete(task) || event.status === 'failed') return;
    const bytes = overall(task)?.current ?? 0;
    this.#line(`${words.done} ${task.subject}${bytes === 0 ? '' : `, ${size(bytes)}`} in ${seconds(Date.now() - task.startedAt)}`);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const timer of this.#waiting.values()) clearTimeout(timer);
  }

  #line(text: string): void {
    this.#write(`boxlite: ${plainText(text)}\n`);
  }
}
