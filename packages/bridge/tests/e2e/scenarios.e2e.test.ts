/** The scenarios that all languages share, through core itself; packages/python-bridge runs the same ones. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BoxliteRuntime, type LiteBox, readEvents } from '@boxlite/core';
import { BOXLITE_ERROR_CODES } from '@boxlite/shared';
import { readScenarios, runScenario } from '../scenarios/run-scenario.js';

/**
 * Nobody can bring about by the API alone what these stand for: a guest that breaks its contract, faults of BoxLite's own, and the end of a bridge,
 * which is in the kill tests.
 */
const UNPROVOKED = ['Portal', 'Rpc', 'RpcTransport', 'Internal'];

it('scenarios have every error code that a program can bring about', () => {
  const text = JSON.stringify(readScenarios());
  const missing = BOXLITE_ERROR_CODES.filter((code) => !text.includes(`"${code}"`));
  expect(missing).toEqual(UNPROVOKED);
});

describe('scenarios, through core', () => {
  let home: string;
  let runtime: BoxliteRuntime;
  let box: LiteBox;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'boxlite-scenarios-'));
    runtime = await BoxliteRuntime.open({ home });
    box = await runtime.create({ name: 'shared' });
  });

  afterAll(async () => {
    await runtime.close();
    rmSync(home, { recursive: true, force: true });
  });

  it.each(readScenarios())('$name', async (scenario) => {
    const layout = join(__dirname, '../../../core/assets/images/busybox');
    await runScenario(scenario, { runtime, box, layout, BoxliteRuntime, readEvents });
  });
});
