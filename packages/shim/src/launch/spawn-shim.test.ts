import { once } from 'node:events';
import { mkdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { shimProgram } from '../assets.js';
import { testPlan } from '../testing/test-plan.js';
import { describeWithShim, temporaryDirectory } from '../testing/with-shim.js';
import { readTail } from '../vm/log-tail.js';
import { spawnShim } from './spawn-shim.js';

const SLEEP = ['/bin/sleep', '1000'] as const;

const connected = async (path: string): Promise<Socket> => {
  const socket = connect(path);
  await once(socket, 'connect');
  return socket;
};

/** The engine never accepts: its end resets the connection. */
const gone = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.on('error', () => undefined).once('close', () => resolve());
  });

/** Runs a shell script as the engine and returns what it wrote to its log. */
const runScript = async (directory: string, script: string, changes: Parameters<typeof testPlan>[2] = {}): Promise<string> => {
  const { process: engine } = await spawnShim(shimProgram(), testPlan(directory, ['/bin/sh', '-c', `exec >&9; ${script}`], changes));
  await engine.exited;
  return readFile(join(directory, 'console.log'), 'utf8');
};

describeWithShim('boxlite-shim', () => {
  it('makes the engine a child of its own parent, with a session of its own and no new privileges', async () => {
    await using directory = await temporaryDirectory();
    const text = await runScript(
      directory.path,
      'echo pid=$$; while read -r line; do echo "$line"; done </proc/self/status; cat /proc/$$/stat; cat /proc/$$/oom_score_adj; pwd',
    );
    const pid = /^pid=(\d+)$/m.exec(text)?.[1] ?? '';
    expect(text).toMatch(/^NoNewPrivs:\t1$/m);
    expect(text).toMatch(/^Umask:\t0077$/m);
    expect(text).toMatch(/^SigBlk:\t0+$/m);
    // proc(5): state, parent, process group, session, terminal.
    expect(text).toMatch(new RegExp(`^${pid} \\(sh\\) \\S ${String(process.pid)} ${pid} ${pid} 0 `, 'm'));
    expect(text).toMatch(/^500$/m);
    expect(text).toContain(`\n${directory.path}/vm\n`);
  });

  it("leaves open only what the plan names, and of the owner's environment nothing", async () => {
    await using directory = await temporaryDirectory();
    process.env['BOXLITE_TEST_SECRET'] = 'hunter2';
    const text = await runScript(directory.path, "ls -l /proc/$$/fd; tr '\\0' '\\n' </proc/$$/environ", { env: { QEMU_MODULE_DIR: '/x' } });
    delete process.env['BOXLITE_TEST_SECRET'];
    const open = Object.fromEntries([...text.matchAll(/ (\d+) -> (.*)$/gm)].map(([, fd, target]) => [fd, target]));
    expect(open).toEqual({
      0: '/dev/null',
      1: join(directory.path, 'console.log'),
      2: join(directory.path, 'engine.log'),
      8: expect.stringMatching(/^socket:/) as unknown,
      9: join(directory.path, 'console.log'),
    });
    expect(text.split('\n').filter((line) => line.includes('='))).toEqual(['QEMU_MODULE_DIR=/x']);
  });

  it('sets the limits; a write beyond the file size fails and ends nothing', async () => {
    await using directory = await temporaryDirectory();
    const text = await runScript(directory.path, 'cat /proc/$$/limits; head -c 2000000 /dev/zero >big; echo "status $?"');
    expect(text).toMatch(/^Max core file size +0 +0 /m);
    expect(text).toMatch(/^Max open files +256 +256 /m);
    expect(text).toMatch(/^Max file size +1048576 +1048576 /m);
    expect(text).toMatch(/^status 1$/m);
    expect((await stat(join(directory.path, 'vm', 'big'))).size).toBe(1024 * 1024);
    expect(await readTail(join(directory.path, 'engine.log'))).toMatch(/File too large/);
  });

  it('makes sockets that take connections at once and are for the owner only', async () => {
    await using directory = await temporaryDirectory();
    await writeFile(join(directory.path, 'agent.sock'), 'left from an earlier start');
    await writeFile(join(directory.path, 'console.log'), 'left from an earlier start');
    const { process: engine } = await spawnShim(shimProgram(), testPlan(directory.path, SLEEP));
    const socket = await connected(join(directory.path, 'agent.sock'));
    expect((await stat(join(directory.path, 'agent.sock'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(directory.path, 'console.log'), 'utf8')).toBe('');
    expect(await readlink(`/proc/${String(engine.pid)}/exe`)).toMatch(/\/(sleep|coreutils|busybox)$/);
    const closed = gone(socket);
    engine.kill('SIGKILL');
    expect(await engine.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await closed;
  });

  const OWNER = `
    const { spawn } = require('node:child_process');
    const child = spawn(process.argv[1], [], { stdio: ['pipe', 'ignore', 'ignore', 'pipe'] });
    const plan = JSON.parse(process.argv[2]);
    if (plan.owner !== null) plan.owner = process.pid;
    child.stdin.end(JSON.stringify(plan));
    let text = '';
    child.stdio[3].on('data', (data) => (text += data)).on('end', () => console.log(/"pid":(\\d+)/.exec(text)[1]));
  `;

  /** Another process owns the engine; it says the engine's pid once it runs. */
  const startOwner = async (directory: string, owner: number | null) => {
    const process = spawn(
      globalThis.process.execPath,
      ['-e', OWNER, shimProgram(), JSON.stringify(testPlan(directory, SLEEP, { owner }))],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const [pid] = (await once(process.stdout, 'data')) as [Buffer];
    return { process, pid: Number(String(pid)) };
  };

  it('ends with its owner, even when that is killed', async () => {
    await using directory = await temporaryDirectory();
    const owner = await startOwner(directory.path, 1);
    const socket = await connected(join(directory.path, 'agent.sock'));
    const closed = gone(socket);
    owner.process.kill('SIGKILL');
    await closed;
  });

  it('lives on after its owner when it is detached', async () => {
    await using directory = await temporaryDirectory();
    const owner = await startOwner(directory.path, null);
    owner.process.kill('SIGKILL');
    await once(owner.process, 'exit');
    const socket = await connected(join(directory.path, 'agent.sock'));
    const closed = gone(socket);
    process.kill(owner.pid, 'SIGKILL');
    await closed;
  });

  it('works in a directory whose path is longer than a socket address', async () => {
    await using directory = await temporaryDirectory();
    const long = join(directory.path, 'd'.repeat(150));
    await mkdir(long);
    const { process: engine } = await spawnShim(shimProgram(), testPlan(long, SLEEP));
    expect((await stat(join(long, 'agent.sock'))).isSocket()).toBe(true);
    engine.kill('SIGKILL');
    await engine.exited;
  });

  describe('refuses, naming the step, and leaves nothing running', () => {
    const refusal = async (changes: Parameters<typeof testPlan>[2], program: readonly [string, ...string[]] = SLEEP): Promise<unknown> => {
      await using directory = await temporaryDirectory();
      return await spawnShim(shimProgram(), testPlan(directory.path, program, changes)).catch((error: unknown) => error);
    };

    it.each([
      ['a directory that is not there', { directory: '/nonexistent/box' }, 'directory', 'ENOENT'],
      ['an owner that is gone', { owner: 1 }, 'owner', 'shim-step'],
      ['a name that leads out of the directory', { errorLog: '../engine.log' }, 'plan', 'shim-step'],
      ['a socket name that is too long', { sockets: [{ name: 'x'.repeat(65), fd: 8 }] }, 'plan', 'shim-step'],
      ['a version it does not know', { version: 2 as unknown as 1 }, 'plan', 'shim-step'],
    ])('%s', async (_, changes, step, reason) => {
      expect(await refusal(changes)).toMatchObject({
        code: 'Engine',
        reason,
        message: expect.stringContaining(`step '${step}'`) as unknown,
      });
    });

    it('an engine that cannot be executed', async () => {
      expect(await refusal({}, ['/nonexistent/engine'])).toMatchObject({
        code: 'Engine',
        reason: 'ENOENT',
        message: expect.stringContaining("step 'execute'") as unknown,
      });
      expect(await refusal({}, ['/etc/passwd'])).toMatchObject({ code: 'Engine', reason: 'EACCES' });
    });

    it('a log that is a link to elsewhere', async () => {
      await using directory = await temporaryDirectory();
      await symlink('/etc/hostname', join(directory.path, 'console.log'));
      const error = await spawnShim(shimProgram(), testPlan(directory.path, SLEEP)).catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        code: 'Engine',
        reason: 'ELOOP',
        message: expect.stringContaining("step 'open' on console.log") as unknown,
      });
    });
  });

  it('is stopped by a signal', async () => {
    await using directory = await temporaryDirectory();
    const abort = new AbortController();
    const starting = spawnShim(shimProgram(), testPlan(directory.path, SLEEP), abort.signal);
    abort.abort();
    await expect(starting).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('says how to get it when it is missing', async () => {
    await using directory = await temporaryDirectory();
    await expect(spawnShim('/nonexistent/boxlite-shim', testPlan(directory.path, SLEEP))).rejects.toMatchObject({
      code: 'UnsupportedEngine',
      message: expect.stringContaining('./dev setup') as unknown,
    });
  });

  it('that says nothing is told apart from one that fails', async () => {
    await using directory = await temporaryDirectory();
    await expect(spawnShim('/bin/false', testPlan(directory.path, SLEEP))).rejects.toMatchObject({ code: 'Engine', reason: 'shim-died' });
  });
});
