import type { ProgressEvent, ProgressListener } from '../../progress.js';

/** Between two events of one part; more would be of no use to anybody who looks. */
const INTERVAL_MS = 100;

/** Tells of one operation on one subject; parts that move fast are told of ten times a second. */
export class ProgressTeller {
  readonly #last = new Map<string, number>();

  constructor(
    readonly operation: ProgressEvent['operation'],
    readonly subject: string,
    readonly tell: ProgressListener,
  ) {}

  whole(status: ProgressEvent['status'], sizes: { current?: number; total?: number } = {}): void {
    this.tell({ operation: this.operation, subject: this.subject, status, ...sizes });
  }

  part(part: string, status: ProgressEvent['status'], current: number, total: number): void {
    if (status === 'running') {
      const now = performance.now();
      if (now - (this.#last.get(part) ?? -INTERVAL_MS) < INTERVAL_MS) return;
      this.#last.set(part, now);
    }
    this.tell({ operation: this.operation, subject: this.subject, status, part, current, total });
  }
}
