import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '../logging/logger.js';
import { EventLog } from './event-log.js';
import { EventQueue } from './event-queue.js';
import { Events } from './events.js';
import { readEvents } from './read-events.js';
import type { RuntimeEvent } from './runtime-event.js';

const box = { id: '0123456789ab', name: 'web' };
const event = (exec: number): RuntimeEvent => ({
  ...box,
  time: '2026-01-01T00:00:00.000Z',
  type: 'box',
  action: 'exec-started',
  attributes: { exec },
});

describe('EventQueue', () => {
  it('drops the oldest of too many, and says how many', async () => {
    const queue = new EventQueue(() => undefined, 3);
    for (let number = 0; number < 10; number += 1) queue.push(event(number));
    expect((await queue.next()).value).toEqual({ ...event(7), missed: 7 });
    expect((await queue.next()).value).toEqual(event(8));
    queue.end();
    expect((await queue.next()).value).toEqual(event(9));
    expect(await queue.next()).toEqual({ done: true, value: undefined });
    queue.push(event(11));
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });
});

describe('Events', () => {
  it('tells each listener from the call on, until close', async () => {
    const events = new Events(undefined);
    const [one, other] = [events.listen(), events.listen()];
    const waiting = one.next();
    events.ofBox(box, 'created');
    events.ofBox(box, 'started', { from: 'pool' });
    expect((await waiting).value).toMatchObject({ type: 'box', action: 'created', id: box.id, name: 'web', attributes: {} });
    await one.return?.();
    await events.close();
    events.ofBox(box, 'removed');
    const seen: string[] = [];
    for await (const { action } of other) seen.push(action);
    expect(seen).toEqual(['created', 'started']);
    expect(await events.listen().next()).toMatchObject({ done: true });
  });

  it('ends with the reason of the signal, and leaves no listener behind', async () => {
    const events = new Events(undefined);
    const abort = new AbortController();
    let listeners = 0;
    const { signal } = abort;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };
    await events.listen(signal).return?.();
    expect(listeners).toBe(0);
    const next = events.listen(signal).next();
    abort.abort();
    await expect(next).rejects.toMatchObject({ name: 'AbortError' });
    expect(listeners).toBe(0);
    await expect(events.listen(signal).next()).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('the log of events', () => {
  let home: string;
  let path: string;
  let logger: Logger;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'boxlite-events-'));
    path = join(home, 'logs', 'events.jsonl');
    logger = new Logger(join(home, 'logs', 'boxlite.log'));
  });

  afterEach(async () => {
    await logger.close();
    await rm(home, { recursive: true });
  });

  const execs = async (count: number, from = 0): Promise<void> => {
    const log = new EventLog(path, logger, 4000);
    for (let number = from; number < from + count; number += 1) log.append(event(number));
    await log.close();
  };

  it('is read by others as it is written, across its renewals', async () => {
    const begun = readEvents({ home });
    const first = begun.next();
    const numbers: unknown[] = [];
    const reading = (async () => {
      numbers.push((await first).value?.attributes['exec']);
      for await (const { attributes } of begun) {
        numbers.push(attributes['exec']);
        if (numbers.length === 60) return;
      }
    })();
    // The reader is there when its directory is watched, which nothing tells; what is there already is not for it.
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (let batch = 0; batch < 6; batch += 1) {
      await execs(10, batch * 10);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await reading;
    expect(numbers).toEqual(Array.from({ length: 60 }, (_, index) => index));
  });

  it('goes back to a time, up to another, and passes over what is no event', async () => {
    await execs(3);
    await appendFile(path, '{"half": ');
    await execs(1, 3);
    await appendFile(path, `null\n[]\n{"time":"never"}\n${'x'.repeat(300_000)}\n`);
    await execs(1, 4);
    const read = async (since: string, until = new Date()): Promise<unknown[]> => {
      const numbers: unknown[] = [];
      for await (const { attributes } of readEvents({ home, since: new Date(since), until })) numbers.push(attributes['exec']);
      return numbers;
    };
    expect(await read('2025-12-31')).toEqual([0, 1, 2, 3, 4]);
    expect(await read('2026-01-02')).toEqual([]);
    expect(await read('2020-01-01', new Date('2021-01-01'))).toEqual([]);
    expect(await readFile(`${path}.1`, 'utf8')).toContain('{"half": \n');
  });

  it('ends when its reader is aborted', async () => {
    const abort = new AbortController();
    const next = readEvents({ home, signal: abort.signal }).next();
    abort.abort();
    await expect(next).rejects.toMatchObject({ name: 'AbortError' });
  });
});
