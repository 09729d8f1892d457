import type { BoxliteRuntime, RuntimeEvent } from '@boxlite/core';
import { pidOf } from './support/ahead.js';
import { eventually } from './support/eventually.js';
import { openRuntime, spawnBox, spawnClone } from './support/boxes.js';

describe('the events of a runtime', () => {
  let runtime: BoxliteRuntime;

  beforeAll(async () => {
    runtime = await openRuntime();
  });

  afterAll(() => runtime.close());

  it('tell of the life of Boxes and their commands, in order, until the runtime is closed', async () => {
    // #region events
    const seen: RuntimeEvent[] = [];
    const events = runtime.events();
    const watching = (async () => {
      for await (const event of events) seen.push(event);
    })();
    // #endregion
    const of = (id: string): string[] => seen.filter((event) => event.id === id).map(({ action }) => action);
    const box = await spawnBox(runtime, { name: 'watched' });
    expect((await box.run('sh', ['-c', 'exit 3'])).exitCode).toBe(3);
    await box.pause();
    await box.resume();
    await box.snapshots.create('first');
    const clone = await spawnClone(box);
    await box.snapshots.restore('first');
    await box.snapshots.remove('first');
    await box.stop();
    await box.remove();
    const sleeper = await clone.exec('sleep', ['60']);
    process.kill(await pidOf(clone), 'SIGKILL');
    await expect(sleeper.wait()).rejects.toMatchObject({ code: 'Engine', reason: 'vm-died' });
    await eventually('its failure', () => of(clone.id).includes('failed') || undefined);
    await clone.remove({ force: true });
    await runtime.close();
    await watching;
    expect(of(box.id)).toEqual([
      ...['created', 'starting', 'started', 'exec-started', 'exec-ended', 'paused', 'resumed', 'snapshot-created', 'cloned'],
      ...['stopped', 'starting', 'started', 'snapshot-restored', 'snapshot-removed', 'stopped', 'removed'],
    ]);
    expect(of(clone.id).slice(0, 4)).toEqual(['created', 'starting', 'started', 'exec-started']);
    expect(of(clone.id).slice(4).toSorted()).toEqual(['exec-ended', 'failed', 'removed']);
    expect(seen.find(({ action }) => action === 'exec-ended')).toMatchObject({
      type: 'box',
      id: box.id,
      name: 'watched',
      attributes: { exitCode: 3, signal: null },
    });
    expect(seen.filter(({ action }) => action === 'stopped').map(({ attributes }) => attributes['reason'])).toEqual(
      expect.arrayContaining(['asked']),
    );
  });
});
