import { type BoxliteRuntime, type LiteBox, toResult } from '@boxlite/core';
import { openRuntime, sharedHome, spawnBox } from './support/boxes.js';
import { deferred } from './support/deferred.js';
import { eventually } from './support/eventually.js';
import { itLeavesNothing } from './support/leaks.js';

/** What may be asked of a Box, as programs ask it. */
const requests: Record<string, (box: LiteBox) => Promise<unknown>> = {
  start: (box) => box.start(),
  command: (box) => box.run('true', [], { check: true }),
  file: (box) => box.files.stat('/'),
  query: (box) => box.processes(),
  pause: (box) => box.pause(),
  resume: (box) => box.resume(),
  snapshot: async (box) => {
    await box.snapshots.create('asked');
    await box.snapshots.remove('asked');
  },
  stop: (box) => box.stop(),
  remove: (box) => box.remove(),
};

const ask = (box: LiteBox, request: string): Promise<unknown> => requests[request]?.(box) ?? Promise.reject(new Error(request));

/** The request is refused, both states named. */
const isRefused = async (box: LiteBox, request: string, status: string, needed: string): Promise<void> => {
  await expect(ask(box, request)).rejects.toMatchObject({
    code: 'InvalidState',
    message: expect.stringMatching(new RegExp(`is ${status}, and must be ${needed} for this; `)) as string,
  });
};

/** The same, and the Box is as it was. */
const refuses = async (box: LiteBox, request: string, status: string, needed: string): Promise<void> => {
  await isRefused(box, request, status, needed);
  expect((await box.info()).status).toBe(status);
};

/** The request is granted, and the Box is `status` then. */
const grants = async (box: LiteBox, request: string, status: string): Promise<void> => {
  await ask(box, request);
  expect((await box.info()).status).toBe(status);
};

describe('what is asked of a Box', () => {
  let runtime: BoxliteRuntime;
  let booting: (() => void) | undefined;

  beforeAll(async () => {
    runtime = await openRuntime({
      onProgress: ({ part }) => {
        if (part === 'boot') booting?.();
      },
    });
  });

  afterAll(() => runtime.close());

  it('is granted or refused by where it is in its life, whatever it went through', async () => {
    await using box = await spawnBox(runtime, { memoryMib: 128 });
    for (const request of ['query', 'pause']) await refuses(box, request, 'configured', 'running');
    await refuses(box, 'resume', 'configured', 'paused');
    await grants(box, 'start', 'running');
    await refuses(box, 'remove', 'running', 'stopped');
    for (const request of ['start', 'command', 'file', 'query', 'resume', 'snapshot']) await grants(box, request, 'running');
    for (const request of ['pause', 'pause', 'snapshot']) await grants(box, request, 'paused');
    for (const request of ['start', 'command', 'file', 'query']) await refuses(box, request, 'paused', 'running');
    await refuses(box, 'remove', 'paused', 'stopped');
    await grants(box, 'resume', 'running');
    await grants(box, 'pause', 'paused');
    for (const request of ['stop', 'stop', 'snapshot']) await grants(box, request, 'stopped');
    for (const request of ['query', 'pause']) await refuses(box, request, 'stopped', 'running');
    await refuses(box, 'resume', 'stopped', 'paused');
    await grants(box, 'start', 'running');
    process.kill((await box.info()).pid ?? -1, 'SIGKILL');
    await eventually('the crash to be seen', async () => (await box.info()).status === 'failed' || undefined);
    for (const request of ['query', 'pause']) await refuses(box, request, 'failed', 'running');
    await refuses(box, 'resume', 'failed', 'paused');
    for (const request of ['snapshot', 'stop']) await grants(box, request, 'failed');
    await grants(box, 'command', 'running');
    await grants(box, 'stop', 'stopped');
    await ask(box, 'remove');
    await expect(ask(box, 'start')).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('waits for the step under way, or is refused by it', async () => {
    await using box = await spawnBox(runtime, { memoryMib: 128 });
    const { promise, resolve } = deferred();
    booting = resolve;
    const starting = box.start();
    await promise;
    await isRefused(box, 'remove', 'starting', 'stopped');
    await grants(box, 'pause', 'paused');
    await starting;
    await grants(box, 'resume', 'running');

    const stopping = box.stop();
    await eventually('the stop to begin', async () => (await box.info()).status === 'stopping' || undefined);
    await isRefused(box, 'remove', 'stopping', 'stopped');
    const [paused, again] = await Promise.all([toResult(box.pause()), toResult(box.start())]);
    await stopping;
    expect(paused).toMatchObject({ ok: false, error: { code: 'InvalidState', message: expect.stringContaining('is stopped') as string } });
    expect(again).toMatchObject({ ok: true });
    expect((await box.info()).status).toBe('running');
  });
});

itLeavesNothing(sharedHome);
