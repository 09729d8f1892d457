import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentSession } from '@boxlite/agent';
import { BoxLayout, BoxliteError } from '@boxlite/shared';
import type { Vm, VmExit } from '@boxlite/shim';
import { Logger } from '../logging/logger.js';
import { boxConfig } from '../options/box-config.js';
import type { BoxHost } from './box-host.js';
import { initialState } from './box-state.js';
import type { HeldMachine } from './held-machine.js';
import { MachineHolder } from './machine-holder.js';
import { StateKeeper } from './state-keeper.js';

const EXIT: VmExit = { code: null, signal: 'SIGSEGV', reason: null, orderly: false, consoleTail: 'Oops', engineTail: '', stall: null };
const LOST = new BoxliteError('Portal', 'the connection was lost', { reason: 'connection-lost' });
const DIED = { code: 'Engine', reason: 'vm-died', message: expect.stringMatching(/SIGSEGV[^]*Oops/) as string };

describe('MachineHolder, when the connection with the agent is lost', () => {
  let root: string;
  let log: Logger;
  let keeper: StateKeeper;
  let holder: MachineHolder;
  let held: HeldMachine;
  let end: (exit: VmExit) => void;
  /** The connection is lost; resolves when the session would fail with that. */
  let lose: () => Promise<void>;
  /** What the session was closed with, first to last. */
  let closed: BoxliteError[];

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'boxlite-holder-'));
    log = new Logger(join(root, 'logs', 'boxlite.log'));
    keeper = new StateKeeper(new BoxLayout(root), log, { ...initialState(), status: 'running' });
    const meters = { machineGained: () => undefined, machineLost: () => undefined, boxCrashed: () => undefined };
    holder = new MachineHolder(boxConfig({}), { log, meters } as unknown as BoxHost, keeper, () => undefined);
    const exited = new Promise<VmExit>((resolve) => (end = resolve));
    const vm = { exited, onStall: () => undefined, portalSocket: join(root, 'agent.sock'), stalled: new AbortController().signal };
    const resume = (): Promise<void> => Promise.resolve();
    closed = [];
    const session = {
      closed: new Promise(() => undefined),
      close: (reason: BoxliteError) => closed.push(reason),
      onLost: (listener: (lost: BoxliteError) => Promise<void>) => {
        lose = () => listener(LOST);
      },
    };
    held = { vm: { ...vm, resume } as unknown as Vm, session: session as unknown as AgentSession };
  });

  afterEach(async () => {
    await keeper.settled();
    await log.close();
    await rm(root, { recursive: true });
  });

  it('has the session end with what the VM died of, when it did, as the state of the Box says', async () => {
    holder.hold(held);
    const losing = lose();
    setImmediate(() => {
      end(EXIT);
    });
    await losing;
    expect(closed).toMatchObject([{ ...DIED, cause: LOST }]);
    expect(keeper.state).toMatchObject({ status: 'failed', error: { code: 'Engine', message: closed[0]?.message } });
  });

  it('leaves it at that when the VM lives on', async () => {
    holder.hold(held);
    await lose();
    expect(closed).toEqual([]);
    expect(keeper.state.status).toBe('running');
  });

  it('leaves it at that at once when somebody stops the Box', async () => {
    holder.hold(held);
    await keeper.step('stop');
    await lose();
    end({ ...EXIT, signal: null, orderly: true });
    await holder.ended;
    expect(closed).toEqual([]);
    expect(keeper.state).toMatchObject({ status: 'stopped', error: null });
  });

  it('says what the VM died of while a session with an adopted one began', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined).end();
      end(EXIT);
    });
    await once(server.listen(held.vm.portalSocket), 'listening');
    try {
      const adopted = { ...held, session: undefined };
      holder.hold(adopted);
      await expect(holder.session(adopted)).rejects.toMatchObject(DIED);
    } finally {
      server.close();
    }
  });
});
