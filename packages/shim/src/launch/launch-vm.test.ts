import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdir, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { shimProgram } from '../assets.js';
import { CONTROL_SOCKET, PORTAL_SOCKET } from '../engine/files.js';
import { fakeEngine } from '../testing/fake-engine.js';
import { describeWithShim, temporaryDirectory } from '../testing/with-shim.js';
import type { Vm } from '../vm/vm.js';
import type { VmRecord } from '../vm/vm-record.js';
import { adoptReachableVm, adoptVm } from './adopt-vm.js';
import { launchVm, type LaunchOptions } from './launch-vm.js';
import type { VmSpec } from './vm-spec.js';

const spec = (directory: string, changes: Partial<VmSpec> = {}): VmSpec => ({
  directory,
  cpus: 1,
  memoryMib: 64,
  kernel: '/kernel',
  initramfs: '/initramfs',
  disks: [],
  memory: { kind: 'anonymous' },
  detach: false,
  accelerator: 'tcg',
  // The engine of these tests is Node.
  jail: { namespaces: 'off', landlock: 'off', seccomp: 'off', cgroup: 'off' },
  ...changes,
});

const NO_JAIL = { namespaces: [], landlock: null, seccomp: false, cgroup: { controllers: [], paths: [] }, refused: [] };

const launch = (directory: string, script: string, changes: Partial<VmSpec> = {}, options: LaunchOptions = {}): Promise<Vm> =>
  launchVm(spec(directory, changes), fakeEngine(script), shimProgram(), options);

/** What the portal's echo gives back. */
const echo = async (path: string): Promise<string> => {
  const socket = connect(path);
  socket.end('hello');
  const [data] = (await once(socket, 'data')) as [Buffer];
  return String(data);
};

const openDescriptors = async (): Promise<string[]> => {
  const targets = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
  return (await Promise.all(targets)).filter((target) => target.startsWith('socket:') || target.includes('boxlite-shim-'));
};

describeWithShim('launchVm', () => {
  it('resolves when the engine answers; the VM says how it ended', async () => {
    await using directory = await temporaryDirectory();
    const before = await openDescriptors();
    const vm = await launch(directory.path, 'say("\\x1b[1mbooting\\n"); console.error("a warning"); serve()');
    expect(vm.record).toEqual({
      pid: expect.any(Number) as unknown,
      startTime: expect.stringMatching(/^\d+$/) as unknown,
      scope: expect.stringMatching(/^[0-9a-f-]{36}\/pid:\[\d+\]$/) as unknown,
      directory: directory.path,
      accelerator: 'tcg',
      jail: NO_JAIL,
    });
    expect(await echo(vm.portalSocket)).toBe('hello');
    expect(await vm.memoryBytes()).toBeGreaterThan(1024 * 1024);

    await Promise.all([vm.powerOff(), vm.powerOff()]);
    expect(await vm.exited).toEqual({
      code: 0,
      signal: null,
      reason: null,
      orderly: true,
      consoleTail: 'booting\n',
      engineTail: 'a warning\n',
      stall: null,
    });
    // Neither sockets nor links to files are left: the logs are.
    expect((await readdir(directory.path)).toSorted()).toEqual(['console.log', 'engine.log']);
    await vm.powerOff();
    await vm.kill();
    await expect(vm.memoryBytes()).rejects.toMatchObject({ code: 'Stopped' });
    expect((await openDescriptors()).length).toBeLessThanOrEqual(before.length);
  });

  it('can be reached in a directory with a long path', async () => {
    await using directory = await temporaryDirectory();
    const long = join(directory.path, 'd'.repeat(200));
    await mkdir(long);
    const vm = await launch(long, 'serve()');
    expect(vm.portalSocket.length).toBeLessThan(100);
    expect(await echo(vm.portalSocket)).toBe('hello');
    await vm.powerOff();
    expect(await openDescriptors()).not.toContain(long);
  });

  it('keeps the reason that the engine gives for the end', async () => {
    await using directory = await temporaryDirectory();
    const vm = await launch(
      directory.path,
      `onCommand = (command, answer, send) => {
        answer({});
        send({ event: 'SHUTDOWN', data: { guest: true, reason: 'guest-reset' } });
        setImmediate(() => process.exit(0));
      };
      serve()`,
    );
    expect(await vm.exited).toMatchObject({ code: 0, reason: 'guest-reset' });
  });

  it('kills an engine that does not end when told', async () => {
    await using directory = await temporaryDirectory();
    const vm = await launch(directory.path, 'onCommand = (command, answer) => answer({}); serve()');
    await vm.powerOff();
    expect(await vm.exited).toMatchObject({ code: null, signal: 'SIGKILL' });
  });

  /** Stalls at `stop`, and goes on at `cont`; errors that the guest is told of do not stop it. */
  const STALLS = `
    const stall = { event: 'BLOCK_IO_ERROR', data: { operation: 'write', action: 'stop', nospace: true, reason: 'No space left on device' } };
    const report = { event: 'BLOCK_IO_ERROR', data: { operation: 'write', action: 'report', nospace: false, reason: 'Input/output error' } };
    onCommand = (command, answer, send) => {
      if (command === 'cont') send({ event: 'RESUME' });
      answer({});
      if (command === 'quit') process.exit(0);
      send(report);
      if (command === 'stop') [stall, stall, { event: 'STOP' }].forEach(send);
    };
    serve();`;

  it('leaves no sockets when it fails, or is given up, before the engine runs', async () => {
    await using directory = await temporaryDirectory();
    const engine = fakeEngine('serve()');
    const broken = {
      ...engine,
      command: (...args: Parameters<typeof engine.command>) => ({ ...engine.command(...args), program: '/no/such/engine' }),
    };
    await expect(launchVm(spec(directory.path), broken, shimProgram())).rejects.toMatchObject({ code: 'Engine', reason: 'ENOENT' });
    expect((await readdir(directory.path)).filter((name) => name.endsWith('.sock'))).toEqual([]);

    const abort = new AbortController();
    const watcher = watch(directory.path, (_, name) => {
      if (name?.endsWith('.sock')) abort.abort(new Error('given up'));
    });
    await expect(launch(directory.path, 'serve()', {}, { signal: abort.signal })).rejects.toMatchObject({ name: 'AbortError' });
    watcher.close();
    expect((await readdir(directory.path)).filter((name) => name.endsWith('.sock'))).toEqual([]);
  });

  it('ends a VM whose guest stalls, so that nobody waits for it, and says why', async () => {
    await using directory = await temporaryDirectory();
    const vm = await launch(directory.path, STALLS);
    await vm.resume();
    expect(vm.stalled.aborted).toBe(false);
    await vm.pause();
    expect(await vm.exited).toMatchObject({
      signal: 'SIGKILL',
      stall: { code: 'ResourceExhausted', reason: 'ENOSPC', message: expect.stringContaining('No space left on device') as unknown },
    });
  });

  it('leaves a guest that stalls to whoever sees to it, each time', async () => {
    await using directory = await temporaryDirectory();
    const vm = await launch(directory.path, STALLS);
    const heard: unknown[] = [];
    for (let time = 1; time <= 2; time += 1) {
      const { stalled } = vm;
      const stall = new Promise((resolve) => {
        vm.onStall((error) => {
          heard.push(error.reason);
          resolve(error);
        });
      });
      await vm.pause();
      expect(await stall).toBe(stalled.reason);
      await vm.resume();
      expect(stalled.aborted).toBe(true);
      expect(vm.stalled.aborted).toBe(false);
      expect(heard).toHaveLength(time);
    }
    await vm.powerOff();
    expect(await vm.exited).toMatchObject({ code: 0, stall: null });
  });

  it('rejects with what the engine said when it ends at once, and leaves nothing', async () => {
    await using directory = await temporaryDirectory();
    const failed = launch(
      directory.path,
      `console.error("qemu: cannot set up guest memory 'pc.ram': Cannot allocate memory"); process.exit(1)`,
    );
    await expect(failed).rejects.toMatchObject({
      code: 'ResourceExhausted',
      reason: 'memory',
      message: expect.stringMatching(/exit code 1.*cannot set up guest memory[^]*memoryMib/) as unknown,
    });
    await expect(launch(directory.path, 'process.kill(process.pid, "SIGSEGV")')).rejects.toMatchObject({
      code: 'Engine',
      message: expect.stringContaining('signal SIGSEGV') as unknown,
    });
  });

  it('rejects when what answers is not QMP, and kills it', async () => {
    await using directory = await temporaryDirectory();
    let pid = 0;
    const failed = launch(
      directory.path,
      `net.createServer((socket) => socket.write('hello\\n')).listen({ fd: 11 })`,
      {},
      {
        onSpawned: (record) => {
          pid = record.pid;
        },
      },
    );
    await expect(failed).rejects.toMatchObject({ code: 'Engine', reason: 'qmp-protocol' });
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('is stopped by its signal while the engine is silent', async () => {
    await using directory = await temporaryDirectory();
    const abort = new AbortController();
    let pid = 0;
    const failed = launch(
      directory.path,
      '',
      {},
      {
        signal: abort.signal,
        onSpawned: (record) => {
          pid = record.pid;
          abort.abort();
        },
      },
    );
    await expect(failed).rejects.toMatchObject({ name: 'AbortError' });
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('leaves nothing when the record cannot be kept', async () => {
    await using directory = await temporaryDirectory();
    let pid = 0;
    const onSpawned = (record: VmRecord): void => {
      pid = record.pid;
      throw new Error('disk full');
    };
    await expect(launch(directory.path, 'serve()', {}, { onSpawned })).rejects.toThrow('disk full');
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('lets an attached VM not go', async () => {
    await using directory = await temporaryDirectory();
    const vm = await launch(directory.path, 'serve()');
    expect(() => {
      vm.release();
    }).toThrow('attached');
    await vm.kill();
    expect(await vm.exited).toMatchObject({ signal: 'SIGKILL' });
  });
});

describeWithShim('adoptVm', () => {
  it('takes over a detached VM that was released, and switches it off', async () => {
    await using directory = await temporaryDirectory();
    const released = await launch(directory.path, 'say("up\\n"); serve()', { detach: true });
    released.release();
    released.release();
    await expect(released.powerOff()).rejects.toMatchObject({ code: 'InvalidState' });

    const record = JSON.parse(JSON.stringify(released.record)) as VmRecord;
    const vm = adoptVm(record, fakeEngine(''));
    expect(await echo(vm?.portalSocket ?? '')).toBe('hello');
    expect(await vm?.memoryBytes()).toBeGreaterThan(1024 * 1024);
    await vm?.powerOff();
    expect(await vm?.exited).toEqual({
      code: null,
      signal: null,
      reason: null,
      orderly: true,
      consoleTail: 'up\n',
      engineTail: '',
      stall: null,
    });
    expect(adoptVm(record, fakeEngine(''))).toBeUndefined();
  });

  it.each([CONTROL_SOCKET, PORTAL_SOCKET])('ends one that cannot be reached any more, without %s', async (socket) => {
    await using directory = await temporaryDirectory();
    const released = await launch(directory.path, 'serve()', { detach: true });
    released.release();
    const { record } = released;
    const adopted = await adoptReachableVm(record, fakeEngine(''));
    expect(adopted).toBeDefined();
    adopted?.release();
    await rm(join(directory.path, socket));
    expect(await adoptReachableVm(record, fakeEngine(''))).toBeUndefined();
    expect(adoptVm(record, fakeEngine(''))).toBeUndefined();
  });

  it('kills one that does not answer', async () => {
    await using directory = await temporaryDirectory();
    const first = await launch(directory.path, 'serve()', { detach: true });
    first.release();
    const vm = adoptVm(first.record, fakeEngine(''));
    await vm?.kill();
    expect(await vm?.exited).toMatchObject({ code: null, consoleTail: '' });
  });

  it('finds nobody behind a record that is stale or damaged', async () => {
    await using directory = await temporaryDirectory();
    await writeFile(join(directory.path, 'console.log'), '');
    const record = { pid: process.pid, startTime: '1', directory: directory.path, accelerator: 'tcg' as const, jail: NO_JAIL };
    expect(adoptVm(record, fakeEngine(''))).toBeUndefined();
    for (const change of [{ pid: 0 }, { pid: -1 }, { pid: 1.5 }, { startTime: 'x' }, { startTime: '' }, { directory: 'box' }]) {
      expect(adoptVm({ ...record, ...change }, fakeEngine(''))).toBeUndefined();
    }
  });
});
