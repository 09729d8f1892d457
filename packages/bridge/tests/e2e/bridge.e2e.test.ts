import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { gone, isAlive } from '@boxlite/testbed';
import { WINDOW_BYTES } from '../../src/protocol.js';
import { TestClient } from '../../src/testing/client.js';

const MAIN = join(__dirname, '../../dist/main.js');

interface Handle {
  $handle: { h: number; p: Record<string, unknown> & Record<'stdin' | 'stdout' | 'stderr', { $readable: number; $writable: number }> };
}

/** Rejects what takes longer than a side may need to hear that the other one is gone. */
const soon = <T>(promise: Promise<T>): Promise<T> =>
  Promise.race([promise, sleep(10_000, undefined, { ref: false }).then(() => Promise.reject(new Error('nothing was heard of it')))]);

describe('a bridge', () => {
  let home: string;
  let child: ChildProcess;
  let client: TestClient;
  let runtime: number;

  const call = (m: string, a: unknown[], h?: number, via?: string): Promise<unknown> =>
    client.call(m, a, { ...(h === undefined ? {} : { h }), ...(via === undefined ? {} : { via }) });
  const handle = async (m: string, a: unknown[], h?: number) => ((await call(m, a, h)) as Handle).$handle;

  // One home for all, so that its template is made once.
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'boxlite-bridge-'));
  });

  afterAll(() => rmSync(home, { recursive: true, force: true }));

  beforeEach(async () => {
    child = spawn(process.execPath, [MAIN, '--fd', '3'], { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
    client = new TestClient(child.stdio[3] as Duplex);
    await client.hello();
    runtime = (await handle('BoxliteRuntime.open', [{ home }])).h;
  });

  afterEach(async () => {
    client[Symbol.dispose]();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });

  it('runs Boxes, streams their output at the pace of the client, and says how commands ended', async () => {
    const box = (await handle('create', [{ name: 'one' }], runtime)).h;
    expect(await call('run', ['cat', [], { stdin: 'grüße' }], box)).toMatchObject({ exitCode: 0, stdout: 'grüße' });
    await expect(call('exec', ['no-such-command'], box)).rejects.toMatchObject({ code: 'Execution', reason: 'command-not-found' });
    await expect(call('run', ['sh', ['-c', 'echo x; exit 4'], { check: true }], box)).rejects.toMatchObject({
      code: 'Execution',
      reason: 'non-zero-exit',
      result: { exitCode: 4, stdout: 'x\n' },
    });

    const size = 5 * WINDOW_BYTES + 17;
    const { h, p } = await handle('exec', ['head', ['-c', String(size), '/dev/zero']], box);
    let got = 0;
    while (got < WINDOW_BYTES) got += (await client.next(({ t }) => t === 'data')).body.length;
    client.send({ t: 'credit', s: p.stdout.$readable, n: got });
    expect(got + (await client.bytes(p.stdout.$readable)).length).toBe(size);
    expect(await call('wait', [], h)).toMatchObject({ exitCode: 0 });

    const cat = await handle('exec', ['cat', [], { stdin: 'pipe' }], box);
    client.send({ t: 'data', s: cat.p.stdin.$writable }, [Buffer.from('through a pipe')]);
    client.send({ t: 'end', s: cat.p.stdin.$writable });
    expect((await client.bytes(cat.p.stdout.$readable)).toString()).toBe('through a pipe');

    // A second runtime at the same time, and a home that is taken.
    await expect(call('BoxliteRuntime.open', [{ home }])).rejects.toMatchObject({ code: 'Config', reason: 'locked' });
    const other = (await handle('BoxliteRuntime.open', [{ home: join(home, 'other') }])).h;
    expect(await call('list', [], other)).toEqual([]);

    // A call is cancelled, and its command with it.
    const running = client.start('run', ['sleep', ['1000']], { h: box });
    const ps = async () => (await call('run', ['sh', ['-c', 'cat /proc/[0-9]*/comm']], box)) as { stdout: string };
    while (!(await ps()).stdout.includes('sleep'));
    client.send({ t: 'cancel', id: running });
    expect(await client.answer(running)).toMatchObject({ e: { code: 'Aborted' } });
    // The command is killed; the answer does not wait for its end.
    while ((await ps()).stdout.includes('sleep'));
  });

  it('tells of a Box that is killed in the middle of a stream', async () => {
    const box = (await handle('create', [{}], runtime)).h;
    const { h, p } = await handle('exec', ['sh', ['-c', 'echo begin; sleep 1000']], box);
    await client.next(({ t }) => t === 'data');
    const { pid } = (await call('info', [], box)) as { pid: number };
    const waiting = client.start('wait', [], { h });
    process.kill(pid, 'SIGKILL');
    expect(await soon(client.next((frame) => frame.t === 'fail' && frame.s === p.stdout.$readable))).toMatchObject({
      e: { code: 'Engine', reason: 'vm-died' },
    });
    expect(await soon(client.answer(waiting))).toMatchObject({ t: 'error', e: { code: 'Engine', reason: 'vm-died' } });
  });

  it('ends with its client, and the Boxes with it', async () => {
    const box = (await handle('create', [{}], runtime)).h;
    await handle('exec', ['sleep', ['1000']], box);
    const { pid } = (await call('info', [], box)) as { pid: number };
    client.socket.destroy();
    await once(child, 'exit');
    await gone(pid);
  });

  it('takes its Boxes with it when it is killed', async () => {
    const box = (await handle('create', [{}], runtime)).h;
    await handle('exec', ['sleep', ['1000']], box);
    const { pid } = (await call('info', [], box)) as { pid: number };
    child.kill('SIGKILL');
    await soon(client.ended);
    await gone(pid);
  });
});

it('a bridge ends with its parent, also when somebody else holds its socket', async () => {
  const home = mkdtempSync(join(tmpdir(), 'boxlite-bridge-'));
  const note = join(home, 'pid');
  // The parent leaves a child of its own with the socket behind, says hello, and is killed.
  const parent = spawn(
    'python3',
    [
      '-c',
      `
import json, os, socket, subprocess, sys
mine, its = socket.socketpair()
bridge = subprocess.Popen([sys.argv[1], sys.argv[2], "--fd", str(its.fileno())], pass_fds=[its.fileno()])
holder = subprocess.Popen(["sleep", "60"], pass_fds=[mine.fileno()])
its.close()
head = json.dumps({"t": "hello", "protocol": 1, "client": "test", "pid": os.getpid()}).encode()
mine.sendall((4 + len(head)).to_bytes(4, "big") + len(head).to_bytes(4, "big") + head)
mine.recv(4)
open(sys.argv[3] + ".new", "w").write(f"{bridge.pid} {holder.pid}")
os.rename(sys.argv[3] + ".new", sys.argv[3])
sys.stdin.read()
`,
      process.execPath,
      MAIN,
      note,
    ],
    { stdio: ['pipe', 'inherit', 'inherit'] },
  );
  try {
    while (!existsSync(note) && parent.exitCode === null) await sleep(20);
    const [bridge = 0, holder = 0] = readFileSync(note, 'utf8').split(' ').map(Number);
    try {
      expect(isAlive(bridge)).toBe(true);
      parent.kill('SIGKILL');
      await gone(bridge);
    } finally {
      process.kill(holder);
    }
  } finally {
    parent.kill('SIGKILL');
    rmSync(home, { recursive: true });
  }
});
