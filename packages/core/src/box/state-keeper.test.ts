import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BoxLayout } from '@boxlite/shared';
import { Logger } from '../logging/logger.js';
import { initialState } from './box-state.js';
import { StateKeeper } from './state-keeper.js';

describe('StateKeeper', () => {
  let root: string;
  let log: Logger;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'boxlite-state-'));
    log = new Logger(join(root, 'logs', 'boxlite.log'));
  });

  afterEach(async () => {
    await log.close();
    await rm(root, { recursive: true });
  });

  const keeperAt = (path: string): StateKeeper => new StateKeeper(new BoxLayout(path), log, initialState());
  const onDisk = async (): Promise<unknown> => JSON.parse(await readFile(join(root, 'state.json'), 'utf8'));

  it('decides each step from the newest state, and leaves the newest on disk', async () => {
    const keeper = keeperAt(root);
    const steps = [keeper.step('start'), keeper.step('ready', { startedAt: 'now' }), keeper.step('stop')];
    expect(keeper.state.status).toBe('stopping');
    expect(() => keeper.step('ready')).toThrow(expect.objectContaining({ code: 'InvalidState' }));
    await Promise.all([...steps, keeper.step('exit')]);
    expect(await onDisk()).toMatchObject({ status: 'stopped', startedAt: 'now' });
  });

  it('tells who waits that a write failed, and keeps what is true', async () => {
    const keeper = keeperAt(join(root, 'missing'));
    await expect(keeper.step('start')).rejects.toMatchObject({ code: 'Storage', reason: 'ENOENT' });
    expect(keeper.state.status).toBe('starting');
    await keeper.regardless(keeper.step('fail'));
    expect(keeper.state.status).toBe('failed');
    await keeper.settled();
  });
});
