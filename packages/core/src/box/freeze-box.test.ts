import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentSession } from '@boxlite/agent';
import { BoxLayout } from '@boxlite/shared';
import type { CaptureRequest, Vm } from '@boxlite/shim';
import { DiskStore } from '../disks/disk-store.js';
import { type DiskChain, MAX_LAYERS, newLayer } from '../disks/disk-chain.js';
import { Logger } from '../logging/logger.js';
import { boxConfig } from '../options/box-config.js';
import type { BoxHost } from './box-host.js';
import { initialState } from './box-state.js';
import type { BoxStatus } from '../state/box-lifecycle.js';
import { freezeBox } from './freeze-box.js';
import type { HeldMachine } from './held-machine.js';
import { StateKeeper } from './state-keeper.js';

const config = boxConfig({ diskSizeMib: 64 });

describe('freezeBox', () => {
  let root: string;
  let layout: BoxLayout;
  let log: Logger;
  let host: BoxHost;
  let disk: DiskChain;
  let keeper: StateKeeper;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'boxlite-freeze-'));
    layout = new BoxLayout(join(root, 'box'));
    await Promise.all([mkdir(layout.root), mkdir(join(root, 'disks'))]);
    await writeFile(layout.memory, '');
    log = new Logger(join(root, 'logs', 'boxlite.log'));
    const disks = new DiskStore(join(root, 'disks'));
    const named = (): Set<string> => new Set(keeper.state.disk?.map(({ id }) => id));
    host = { disks, log, releaseDisk: (chain: DiskChain) => disks.remove(chain, named()) } as unknown as BoxHost;
    disk = await disks.create(64);
    is('running');
  });

  afterEach(async () => {
    await keeper.settled();
    await log.close();
    await rm(root, { recursive: true });
  });

  const is = (status: BoxStatus): void => {
    keeper = new StateKeeper(layout, log, { ...initialState(), status, disk });
  };

  type Step = 'freeze' | 'sync' | 'thaw' | 'overlay' | 'devices';

  /** A machine that notes what is asked of it, and fails at the given step. Its process is gone, so its memory cannot be read. */
  const fakeMachine = (fail?: Step): { machine: HeldMachine; asked: string[] } => {
    const asked: string[] = [];
    const step = (name: Step) => (): Promise<{ haltedMs: number }> => {
      asked.push(name);
      return name === fail ? Promise.reject(new Error(`${name} failed`)) : Promise.resolve({ haltedMs: 1 });
    };
    const capture = async ({ paused, overlay, devices }: CaptureRequest): Promise<void> => {
      if (paused) asked.push('paused');
      await step('overlay')();
      overlay.onTaken();
      if (devices !== undefined) await step('devices')();
    };
    return {
      asked,
      machine: {
        vm: { capture, record: { pid: 0x7fff_ffff } } as unknown as Vm,
        session: { freeze: step('freeze'), sync: step('sync'), thaw: step('thaw') } as unknown as AgentSession,
      },
    };
  };

  const freeze = (machine: HeldMachine | undefined, memory: boolean) => freezeBox({ config, layout, disk, host, keeper, machine, memory });
  const layers = async (): Promise<string[]> => (await readdir(join(root, 'disks'))).toSorted();
  const named = (): string[] => (keeper.state.disk ?? []).map(({ id, format }) => `${id}.${format}`).toSorted();

  it('puts a layer on the disk of a Box that does not run', async () => {
    is('stopped');
    expect(await freeze(undefined, true)).toMatchObject({ machine: undefined, pauseMs: 0 });
    expect(keeper.state.disk).toHaveLength(2);
    expect(await layers()).toEqual(named());
  });

  it('halts the container, with what it wrote on the disk, while that gets the layer', async () => {
    const { machine, asked } = fakeMachine();
    expect((await freeze(machine, false)).pauseMs).toBeGreaterThan(0);
    expect(asked).toEqual(['sync', 'freeze', 'sync', 'overlay', 'thaw']);
    expect(keeper.state.disk).toHaveLength(2);
  });

  it('leaves a guest paused that is', async () => {
    is('paused');
    const { machine, asked } = fakeMachine();
    expect((await freeze({ ...machine, session: undefined }, false)).pauseMs).toBe(0);
    expect(asked).toEqual(['paused', 'overlay']);
  });

  it.each([
    ['the container cannot be halted', 'freeze', true, ['freeze', 'thaw']],
    ['the disk cannot be written', 'sync', false, ['sync']],
    ['the VM refuses the layer', 'overlay', false, ['sync', 'freeze', 'sync', 'overlay', 'thaw']],
    ['the VM refuses the layer when its memory is read as well', 'overlay', true, ['freeze', 'overlay', 'thaw']],
  ] as const)('leaves everything as it was when %s', async (_, fail, memory, steps) => {
    const { machine, asked } = fakeMachine(fail);
    await expect(freeze(machine, memory)).rejects.toThrow();
    expect(asked).toEqual(steps);
    expect(keeper.state.disk).toEqual(disk);
    expect(await layers()).toEqual(named());
    expect((await readdir(layout.root)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it.each([
    ['its memory could not be read', undefined],
    ['its devices could not be saved', 'devices'],
  ] as const)('keeps the layer that the VM writes to, though %s', async (_, fail) => {
    const { machine, asked } = fakeMachine(fail);
    await expect(freeze(machine, true)).rejects.toThrow();
    expect(asked).toEqual(['freeze', 'overlay', 'devices', 'thaw']);
    expect(keeper.state.disk).toHaveLength(2);
    expect(await layers()).toEqual(named());
    expect((await readdir(layout.root)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('refuses a disk of too many layers, and says how they become one', async () => {
    disk = [...disk, ...Array.from({ length: MAX_LAYERS - 1 }, () => newLayer('qcow2'))];
    await expect(freeze(undefined, false)).rejects.toMatchObject({ code: 'ResourceExhausted', reason: 'disk-layers' });
  });
});
