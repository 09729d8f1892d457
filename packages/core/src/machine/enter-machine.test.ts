import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BoxLayout } from '@boxlite/shared';
import type { Vm, VmExit } from '@boxlite/shim';
import { enterRestored, keepMemory } from './enter-machine.js';

describe('enterRestored', () => {
  let root: string;
  let server: Server;
  let end: (exit: VmExit) => void;
  let resumed: number;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'boxlite-enter-'));
    // An agent that listens, and never answers.
    server = createServer((socket) => socket.on('error', () => undefined).resume()).listen(join(root, 'agent.sock'));
    await once(server, 'listening');
    resumed = 0;
  });

  afterEach(async () => {
    server.close();
    await rm(root, { recursive: true });
  });

  const fakeVm = (): Vm => {
    const exited = new Promise<VmExit>((resolve) => (end = resolve));
    const resume = (): Promise<void> => {
      resumed += 1;
      return Promise.resolve();
    };
    return { portalSocket: join(root, 'agent.sock'), exited, resume } as unknown as Vm;
  };

  it('gives up a guest that does not answer', async () => {
    await expect(enterRestored(fakeVm(), 'Box x', new AbortController().signal, { patienceMs: 50 })).rejects.toMatchObject({
      code: 'Portal',
      reason: 'restored-silent',
      message: expect.stringContaining('Box x') as string,
    });
    expect(resumed).toBe(1);
  });

  it('says that the VM has died, with its last words', async () => {
    const entered = enterRestored(fakeVm(), 'Box x', new AbortController().signal);
    end({ code: null, signal: 'SIGKILL', reason: null, orderly: false, consoleTail: 'Oops', engineTail: '', stall: null });
    await expect(entered).rejects.toMatchObject({
      code: 'Engine',
      reason: 'vm-died',
      message: expect.stringMatching(/SIGKILL[^]*Oops/) as string,
    });
  });

  it('is given up by its caller, for their reason', async () => {
    const abort = new AbortController();
    const entered = enterRestored(fakeVm(), 'Box x', abort.signal);
    abort.abort(new Error('stopped meanwhile'));
    await expect(entered).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('keepMemory', () => {
  it("gives the file another name in the place of the Box's last one, without a copy", async () => {
    const root = await mkdtemp(join(tmpdir(), 'boxlite-memory-'));
    try {
      const layout = new BoxLayout(root);
      const [one, two] = [join(root, 'one'), join(root, 'two')];
      await Promise.all([writeFile(one, '1'), writeFile(two, '2')]);
      await keepMemory(one, layout);
      await keepMemory(two, layout);
      expect(await readFile(layout.memory, 'utf8')).toBe('2');
      expect((await stat(layout.memory)).ino).toBe((await stat(two)).ino);
      expect(await readFile(one, 'utf8')).toBe('1');
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
