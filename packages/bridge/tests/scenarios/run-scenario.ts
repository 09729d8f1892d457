/** Runs a scenario through core. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished, type Readable, type Writable } from 'node:stream';
import { inspect } from 'node:util';
import { type BoxliteRuntime, type LiteBox } from '@boxlite/core';
import { find, fits, given, type Known } from './values.js';

export interface Step {
  call?: string;
  start?: string;
  args?: unknown[];
  options?: Record<string, unknown>;
  cancellable?: boolean;
  cancel?: string;
  await?: string;
  get?: string;
  read?: string;
  atLeast?: number;
  write?: string;
  data?: unknown;
  close?: string;
  stop?: string;
  take?: string;
  until?: unknown;
  collect?: string;
  hostWrite?: string;
  hostRead?: string;
  hostKill?: string;
  as?: string;
  expect?: unknown;
  error?: { code: string; reason?: string };
}

export interface Scenario {
  name: string;
  /** Cancels calls, which Python without asyncio has no means for. */
  cancels?: boolean;
  steps: Step[];
}

export const readScenarios = (): Scenario[] =>
  readdirSync(__dirname)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .flatMap((file) => JSON.parse(readFileSync(join(__dirname, file), 'utf8')) as Scenario[]);

/** Arguments that stand before the options and may be left out, by method. */
const BEFORE_OPTIONS: Readonly<Record<string, unknown[]>> = { run: [undefined, []], exec: [undefined, []], kill: ['SIGKILL'] };

/** Methods that TypeScript has as another one with an option. */
const IN_TYPESCRIPT: Readonly<Record<string, [method: string, options?: object]>> = { runBytes: ['run', { encoding: 'buffer' }] };

/** A call that was started. The object keeps its promise from being awaited where it is handed on. */
interface Started {
  answer: Promise<unknown>;
  abort: AbortController;
}

const iterators = new WeakMap<object, AsyncIterator<unknown>>();

const iteratorOf = (items: unknown): AsyncIterator<unknown> => {
  const iterable = items as AsyncIterable<unknown>;
  const iterator = iterators.get(iterable) ?? iterable[Symbol.asyncIterator]();
  iterators.set(iterable, iterator);
  return iterator;
};

const invoke = (name: string, step: Step, known: Known, signal?: AbortSignal): unknown => {
  const at = name.lastIndexOf('.');
  const owner = at < 0 ? known : (find(name.slice(0, at), known) as Record<string, unknown>);
  const called = name.slice(at + 1);
  const [method, ours] = IN_TYPESCRIPT[called] ?? [called];
  const values = (step.args ?? []).map((value) => given(value, known));
  if (step.options !== undefined || ours !== undefined || signal !== undefined) {
    const before = BEFORE_OPTIONS[method] ?? [];
    while (values.length < before.length) values.push(before[values.length]);
    values.push({ ...(given(step.options ?? {}, known) as object), ...ours, ...(signal && { signal }) });
  }
  return (owner[method] as (...values: unknown[]) => unknown).apply(owner, values);
};

const readAll = async (stream: Readable, atLeast = Infinity): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for (let size = 0; size < atLeast;) {
    const { done, value } = (await iteratorOf(stream).next()) as IteratorResult<Buffer>;
    if (done === true) break;
    chunks.push(value);
    size += value.length;
  }
  return Buffer.concat(chunks);
};

const write = (stream: Writable, data: unknown): Promise<void> =>
  new Promise((resolve, reject) => {
    stream.write(data, (error) => (error ? reject(error) : resolve()));
  });

const close = async (stream: Writable): Promise<void> => {
  stream.end();
  await new Promise<void>((resolve) => finished(stream, { readable: false }, () => resolve()));
};

const take = async (items: unknown, until: unknown, known: Known): Promise<unknown> => {
  for (;;) {
    const { done, value } = await iteratorOf(items).next();
    if (done === true) throw new Error('the stream has ended');
    if (until === undefined || fits(until, value, known)) return value;
  }
};

const collect = async (items: unknown): Promise<unknown[]> => {
  const all: unknown[] = [];
  for await (const item of { [Symbol.asyncIterator]: () => iteratorOf(items) }) all.push(item);
  return all;
};

const perform = async (step: Step, known: Known): Promise<unknown> => {
  const file = (name: string): string => join(String(known['dir']), name);
  if (step.call !== undefined) return invoke(step.call, step, known);
  if (step.start !== undefined) {
    const abort = new AbortController();
    const answer = Promise.resolve(invoke(step.start, step, known, step.cancellable === true ? abort.signal : undefined));
    answer.catch(() => undefined);
    return { answer, abort } satisfies Started;
  }
  if (step.cancel !== undefined) return (find(step.cancel, known) as Started).abort.abort();
  if (step.await !== undefined) return (find(step.await, known) as Started).answer;
  if (step.read !== undefined) return readAll(find(step.read, known) as Readable, step.atLeast);
  if (step.write !== undefined) return write(find(step.write, known) as Writable, given(step.data, known));
  if (step.close !== undefined) return close(find(step.close, known) as Writable);
  if (step.stop !== undefined) return iteratorOf(find(step.stop, known)).return?.();
  if (step.take !== undefined) return take(find(step.take, known), step.until, known);
  if (step.collect !== undefined) return collect(find(step.collect, known));
  if (step.hostWrite !== undefined) return writeFileSync(file(step.hostWrite), given(step.data, known) as string | Buffer);
  if (step.hostRead !== undefined) return readFileSync(file(step.hostRead));
  if (step.hostKill !== undefined) return process.kill(Number(find(step.hostKill, known)), 'SIGKILL');
  return find(String(step.get), known);
};

/** A failure as the bridge would tell of it. */
const failure = (error: unknown): { code?: unknown; reason?: unknown } =>
  error instanceof Error && error.name === 'AbortError' ? { code: 'Aborted' } : (error as { code?: unknown; reason?: unknown });

/** @throws Error saying which step went otherwise, and how. */
export const runScenario = async ({ steps }: Scenario, context: Known & { runtime: BoxliteRuntime; box: LiteBox }): Promise<void> => {
  const dir = mkdtempSync(join(tmpdir(), 'boxlite-scenario-'));
  const known: Known = { ...context, dir };
  try {
    for (const [at, step] of steps.entries()) {
      const fault = (what: string, value: unknown) =>
        new Error(`step ${at} ${JSON.stringify(step).slice(0, 300)} ${what}: ${inspect(value, { depth: 4 }).slice(0, 2000)}`);
      let value: unknown;
      try {
        value = await perform(step, known);
      } catch (error) {
        if (step.error === undefined || !fits(step.error, failure(error), known)) throw fault('failed with', error);
        continue;
      }
      if (step.error !== undefined) throw fault('has succeeded with', value);
      if ('expect' in step && !fits(step.expect, value, known)) throw fault('gave', value);
      if (step.as !== undefined) known[step.as] = value;
    }
  } finally {
    const { runtime, box } = context;
    for (const { id } of await runtime.list()) if (id !== box.id) await runtime.remove(id, { force: true });
    rmSync(dir, { recursive: true, force: true });
  }
};
