import { getEventListeners } from 'node:events';
import type { BoxliteRuntime, LiteBox } from '@boxlite/core';
import { debian, openRuntime, spawnBox } from './support/boxes.js';
import { childrenOf, openDescriptors, residentBytes } from './support/processes.js';

const MIB = 1 << 20;

describe('500 executions, one after another', () => {
  let runtime: BoxliteRuntime;
  let box: LiteBox;

  beforeAll(async () => {
    runtime = await openRuntime();
    box = await spawnBox(runtime, debian());
    // What is made once (translated code, caches, pools) is there before anything is counted.
    for (let i = 0; i < 100; i += 1) await box.run('true');
  });

  afterAll(async () => {
    await box[Symbol.asyncDispose]();
    await runtime.close();
  });

  it('leave no process, descriptor or memory behind', async () => {
    const { pid } = await box.info();
    if (pid === null) throw new Error('the Box runs, but has no VMM');
    const count = async () => {
      const { guest } = await box.metrics();
      if (guest === null) throw new Error('the Box runs, but has no guest');
      global.gc?.();
      return {
        hostDescriptors: openDescriptors(),
        machineDescriptors: openDescriptors(pid),
        hostChildren: childrenOf(process.pid).length,
        hostBytes: residentBytes(process.pid),
        machineBytes: residentBytes(pid),
        guestProcesses: guest.processes,
        guestExecutions: guest.executionsRunning,
        guestAvailable: guest.memoryAvailableBytes,
      };
    };
    const before = await count();
    for (let i = 0; i < 500; i += 1) expect(await box.run('true')).toMatchObject({ exitCode: 0 });
    const after = await count();
    expect(after).toMatchObject({
      hostDescriptors: before.hostDescriptors,
      hostChildren: before.hostChildren,
      guestProcesses: before.guestProcesses,
      guestExecutions: 0,
    });
    expect(after.machineDescriptors).toBeLessThanOrEqual(before.machineDescriptors);
    expect(after.hostBytes - before.hostBytes).toBeLessThan(16 * MIB);
    expect(after.machineBytes - before.machineBytes).toBeLessThan(16 * MIB);
    expect(before.guestAvailable - after.guestAvailable).toBeLessThan(4 * MIB);
  });

  it('leave no listener on an AbortSignal that they share', async () => {
    const abort = new AbortController();
    for (let i = 0; i < 20; i += 1) await box.run('true', [], { signal: abort.signal });
    // A call ends a moment after its command; this one ends after those.
    await box.run('true');
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0);
  });
});
