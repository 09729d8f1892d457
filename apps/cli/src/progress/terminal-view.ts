import type { ProgressEvent } from '@boxlite/core';
import { type ProgressView, QUIET_MS } from './progress-view.js';
import { taskListLines } from './task-lines.js';
import { TaskList } from './task-list.js';

const FRAME_MS = 100;

/** A terminal that is drawn on: a part of `tty.WriteStream`. */
export interface Terminal {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): unknown;
}

/** Bars on a terminal, a line for each task and layer, drawn over again as they move and erased in the end. */
export class TerminalView implements ProgressView {
  readonly #terminal: Terminal;
  readonly #tasks = new TaskList();
  #timer: NodeJS.Timeout | undefined;
  #firstAt: number | undefined;
  #drawn = 0;
  #closed = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(event: ProgressEvent): void {
    if (this.#closed) return;
    this.#tasks.apply(event, Date.now());
    this.#firstAt ??= Date.now();
    this.#timer ??= setInterval(this.#frame, FRAME_MS).unref();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    clearInterval(this.#timer);
    if (this.#drawn > 0) this.#terminal.write(this.#erase());
  }

  readonly #frame = (): void => {
    const now = Date.now();
    if (now - (this.#firstAt ?? now) < QUIET_MS) return;
    // A terminal that does not know its size says 0.
    const size = { columns: this.#terminal.columns || 80, rows: this.#terminal.rows || 24 };
    const lines = taskListLines(this.#tasks.current, now, size);
    if (lines.length === 0 && this.#drawn === 0) return;
    this.#terminal.write(`${this.#erase()}${lines.map((line) => `${line}\n`).join('')}`);
    this.#drawn = lines.length;
  };

  /** To the beginning of the first line drawn, and everything from there on away. */
  #erase(): string {
    const up = this.#drawn;
    this.#drawn = 0;
    return up === 0 ? '' : `\u001b[${String(up)}A\r\u001b[J`;
  }
}
