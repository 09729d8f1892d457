import type { Operation, Turn } from '../script/round-script.js';

/** What the worker is asked for, over its IPC channel. */
export type Request =
  | { do: 'turn'; home: string; turn: Turn; images: readonly string[] } /** Tries to open a home that another has. */
  | { do: 'intrude'; home: string };

/**
 * What the worker tells, a JSON object a line, over a pipe: what it has written there is known even if it is killed right afterwards. So what
 * it begins is written before it begins.
 */
export type Report =
  /** Once, when it can be asked. */
  | { event: 'ready' }
  | { event: 'opened' }
  | { event: 'begin'; id: number; operation: Operation }
  /** There is a Box of this name; whether it was made just now. */
  | { event: 'there'; box: string; id: string; created: boolean }
  | { event: 'end'; id: number; operation: Operation; outcome: Outcome }
  | { event: 'closed'; outcome: Outcome }
  | { event: 'refused'; outcome: Outcome };

/** `done`: it is so. `skipped`: nothing was tried. `failed`: as it may, when things break. `bug`: in a way that nothing may. */
export type Outcome = { result: 'done' | 'skipped' } | { result: 'failed' | 'bug'; message: string };
