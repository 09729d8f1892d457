import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processStartTime } from '@boxlite/vmm';
import { shimProgram } from '../assets.js';
import { testPlan } from '../testing/test-plan.js';
import { describeWithShim, temporaryDirectory } from '../testing/with-shim.js';
import { pidScope } from '../vm/pid-scope.js';
import type { VmProcess } from '../vm/vm-process.js';
import { endLeftEngine } from './left-engine.js';
import { spawnShim } from './spawn-shim.js';

const SLEEP = ['/bin/sleep', '1000'] as const;

/** Ends an engine at the end of the block, whatever the test has come to. */
const endedAtLast = (engine: VmProcess): Disposable => ({
  [Symbol.dispose]: () => {
    engine.kill('SIGKILL');
    engine.unref();
  },
});

describeWithShim('endLeftEngine', () => {
  it('finds a detached engine that nobody has recorded, once', async () => {
    await using directory = await temporaryDirectory();
    const { process: engine, startTime } = await spawnShim(shimProgram(), testPlan(directory.path, SLEEP, { owner: null }));
    using _ended = endedAtLast(engine);
    const named = await readFile(join(directory.path, 'engine.pid'), 'utf8');
    expect(named).toBe(`${String(engine.pid)} ${String(startTime)} ${pidScope() ?? ''}\n`);
    expect(await endLeftEngine(directory.path)).toBe(engine.pid);
    expect(await engine.exited).toMatchObject({ signal: 'SIGKILL' });
    expect(await endLeftEngine(directory.path)).toBeUndefined();
  });

  it('names one that ends with its owner nowhere', async () => {
    await using directory = await temporaryDirectory();
    const { process: engine } = await spawnShim(shimProgram(), testPlan(directory.path, SLEEP));
    using _ended = endedAtLast(engine);
    expect(await endLeftEngine(directory.path)).toBeUndefined();
  });

  it('leaves everybody else alone, whatever the file says', async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, 'engine.pid');
    const [pid, start, scope] = [String(process.pid), String(processStartTime(process.pid)), pidScope() ?? ''];
    const otherBoot = scope.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    const lies = [
      '',
      pid,
      `${pid} ${start}`,
      `${pid} ${start} ${scope}`,
      `${pid} ${String(Number(start) - 1)} ${scope}\n`,
      `${pid} ${start} ${otherBoot}\n`,
      `${pid} ${start} ${scope.replace(/\d+\]$/, '1]')}\n`,
      `0 ${start} ${scope}\n`,
      `-1 ${start} ${scope}\n`,
      `9999999999 ${start} ${scope}\n`,
      'x'.repeat(1 << 20),
    ];
    for (const lie of lies) {
      await writeFile(path, lie);
      expect(await endLeftEngine(directory.path)).toBeUndefined();
    }
    await rm(path);
    await symlink('/proc/self/stat', path);
    expect(await endLeftEngine(directory.path)).toBeUndefined();
    await rm(path);
    await mkdir(path);
    expect(await endLeftEngine(directory.path)).toBeUndefined();
    expect(await endLeftEngine(join(directory.path, 'missing'))).toBeUndefined();
  });
});
