import type { Logger } from '../logging/logger.js';

/** One thing that the opening of a home has found and dealt with; plain data. */
export interface RecoveryAction {
  /**
   * - `adopted`: a detached Box that runs was taken over.
   * - `settled`: a Box whose VM has ended, or was ended, while no program had the home; it can be started again.
   * - `removed`: what an earlier program was making or removing when it was cut off, or what nobody owns.
   * - `kept-aside`: what cannot be read. It is left out, its files are kept, and `detail` says where and what can be done.
   */
  action: 'adopted' | 'settled' | 'removed' | 'kept-aside';
  kind: 'box' | 'process' | 'snapshot' | 'template' | 'volume' | 'disk-layer' | 'image' | 'file';
  /** The id of a Box, snapshot or template, the name of a volume, a process id, or a path in the home. */
  name: string;
  /** What it was, or what is wrong with it, in words. */
  detail: string;
}

/** What the opening of a home has put right after an earlier program; plain data. */
export interface RecoveryReport {
  readonly actions: readonly RecoveryAction[];
  /** How long it took. */
  readonly durationMs: number;
}

/** Who recovers a part of a home tells here what it has done. */
export interface RecoveryTeller {
  tell(action: RecoveryAction): void;
}

/** For who only wants things put right. */
export const unheard: RecoveryTeller = { tell: () => undefined };

/** Gathers what is done, and writes it to the log as it is done. */
export class RecoveryNotes implements RecoveryTeller {
  readonly #actions: RecoveryAction[] = [];
  readonly #begin = performance.now();

  constructor(private readonly log: Pick<Logger, 'info' | 'error'>) {}

  tell({ action, kind, name, detail }: RecoveryAction): void {
    this.#actions.push({ action, kind, name, detail });
    if (action === 'kept-aside') this.log.error('a part of the home cannot be read; it is left out, and kept', { kind, name, detail });
    else this.log.info('recovered a part of the home', { action, kind, name, detail });
  }

  /** All that was told so far. */
  report(): RecoveryReport {
    return { actions: structuredClone(this.#actions), durationMs: performance.now() - this.#begin };
  }
}
