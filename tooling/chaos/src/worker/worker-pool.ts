import { join } from 'node:path';
import type { Place } from '../place/place.js';
import { FaultControl } from './fault-control.js';
import { WorkerProcess } from './worker-process.js';

/** Processes that have the home in turn. One that was killed is replaced, ahead of its next turn. */
export class WorkerPool {
  readonly #workers: WorkerProcess[];
  #turn = 0;

  constructor(
    private readonly place: Place,
    size: number,
  ) {
    this.#workers = Array.from({ length: size }, (_, slot) => this.#start(slot));
  }

  /** Whose turn it is. */
  next(): WorkerProcess {
    this.#turn = (this.#turn + 1) % this.#workers.length;
    return this.#living(this.#turn);
  }

  /** One who has not the turn. */
  other(): WorkerProcess {
    return this.#living((this.#turn + 1) % this.#workers.length);
  }

  /** All that live. */
  get living(): WorkerProcess[] {
    return this.#workers.filter((worker) => worker.isAlive);
  }

  /** Puts new ones in the place of those that have ended. */
  fill(): void {
    this.#workers.forEach((_, slot) => this.#living(slot));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.letGo()));
  }

  #living(slot: number): WorkerProcess {
    const worker = this.#workers[slot];
    if (worker?.isAlive === true) return worker;
    return (this.#workers[slot] = this.#start(slot));
  }

  #start(slot: number): WorkerProcess {
    return WorkerProcess.start(this.place, new FaultControl(join(this.place.root, `faults-${String(slot)}`)));
  }
}
