import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Home } from './support/home.js';

const CORE = pathToFileURL(resolve(__dirname, '../../../../packages/core/dist/index.js')).href;

describe('commands in several terminals', () => {
  let home: Home;

  beforeAll(async () => {
    home = await Home.make();
  });

  afterEach(() => home.removeBoxes());

  afterAll(() => home[Symbol.asyncDispose]());

  it('work together with a run in the foreground, logs -f and wait', async () => {
    const script = 'trap "exit 4" TERM; echo up; while :; do sleep 0.1; done';
    const first = home.spawn(['run', '--rm', '--name', 'fg', '--', 'sh', '-c', script]);
    await first.printed('up');
    expect(await home.run(['ps', '-q'])).toMatchObject({ exitCode: 0, stdout: `${home.boxes().join('')}\n` });
    expect(await home.run(['exec', '-i', 'fg', 'sh', '-c', 'cat; echo err >&2; exit 5'], { input: 'a'.repeat(300_000) })).toMatchObject({
      exitCode: 5,
      stdout: 'a'.repeat(300_000),
      stderr: 'err\n',
    });
    expect(await home.run(['exec', 'fg', 'no-such'])).toMatchObject({ exitCode: 127, stderr: expect.stringContaining('no-such') });
    expect(await home.shell('boxlite exec fg yes | head -1; echo "${PIPESTATUS[0]}"')).toMatchObject({ stdout: 'y\n141\n', stderr: '' });
    // Paths begin where each command was typed.
    writeFileSync(join(home.path, 'in'), 'content');
    expect(await home.shell(`cd ${home.path} && boxlite cp -q in fg:/tmp/x && boxlite cp -q fg:/tmp/x out`)).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(home.path, 'out'), 'utf8')).toBe('content');
    const terminal = home.onTerminal(['exec', '-it', 'fg', 'sh']);
    await terminal.printed('# ');
    terminal.type('stty size\r');
    await terminal.printed('30 100');
    terminal.type('exit 7\r');
    expect(await terminal.outcome()).toEqual({ exitCode: 7, restored: true });
    expect(await home.run(['rename', 'fg', 'renamed'])).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await home.run(['rename', 'renamed', '-no'])).toMatchObject({ exitCode: 125 });
    const [line = ''] = (await home.run(['stats', '--no-stream', '--json', 'renamed'])).stdout.split('\n');
    expect(JSON.parse(line)).toMatchObject({ name: 'renamed', pids: expect.any(Number), memoryBytes: expect.any(Number) });
    const top = await home.run(['top', 'renamed']);
    expect(top.stdout).toMatch(/^UID +PID +PPID +S +RSS +ELAPSED +TIME +CMD\n/);
    expect(top.stdout).toMatch(/ sh -c /);
    const watching = home.spawn(['stats']);
    await watching.printed('renamed');
    watching.signal('SIGINT');
    expect((await watching.ended).exitCode).toBe(130);
    expect(await home.run(['rename', 'renamed', 'fg'])).toMatchObject({ exitCode: 0, stderr: '' });
    const following = home.spawn(['logs', '-f', 'fg']);
    await following.printed('up');
    const waiting = home.spawn(['wait', 'fg']);
    expect(await home.run(['kill', '-s', 'TERM', 'fg'])).toMatchObject({ exitCode: 0 });
    expect(await first.ended).toMatchObject({ exitCode: 4, stdout: 'up\n', stderr: '' });
    expect(await following.ended).toMatchObject({ exitCode: 0, stdout: 'up\n' });
    // It may have come when the Box was gone.
    expect(['4\n', '']).toContain((await waiting.ended).stdout);
  });

  it('pass signals on, and keep the process that has the home until they have ended', async () => {
    const first = home.spawn(['run', '--rm', '-i', '--name', 'fg', '--', 'sh', '-c', 'echo up; cat']);
    await first.printed('up');
    const second = home.spawn(['run', '--rm', '--', 'sh', '-c', 'trap "echo caught; exit 9" INT; while :; do echo tick; sleep 0.1; done']);
    await second.printed('tick');
    first.child.stdin.end();
    await second.printed('tick');
    second.signal('SIGINT');
    expect(await second.ended).toMatchObject({ exitCode: 9, stdout: expect.stringContaining('caught') });
    expect((await first.ended).exitCode).toBe(0);
    expect(home.boxes()).toEqual([]);
  });

  it('end with the process that has the home, and leave nothing when they are killed', async () => {
    const owner = home.spawn(['run', '--rm', '--name', 'fg', '--', 'sh', '-c', 'echo up; exec sleep 1000']);
    await owner.printed('up');
    const guest = home.spawn(['run', '--rm', '--name', 'guest', '--', 'sh', '-c', 'echo up; exec sleep 1000']);
    await guest.printed('up');
    expect(home.boxes()).toHaveLength(2);
    const waiting = home.spawn(['wait', 'guest']);
    guest.signal('SIGKILL');
    await guest.ended;
    expect((await waiting.ended).exitCode).not.toBe(null);
    const cut = home.spawn(['exec', 'fg', 'sh', '-c', 'echo up; exec sleep 1000']);
    await cut.printed('up');
    owner.signal('SIGKILL');
    await owner.ended;
    expect(await cut.ended).toMatchObject({ exitCode: 125, stderr: expect.stringContaining('cut off') });
    expect(await home.run(['ps', '-aq'])).toMatchObject({ exitCode: 0, stdout: '' });
  });

  it('lose none of those that come at once', async () => {
    const lines = Array.from({ length: 6 }, (_, index) => `line ${String(index)}`);
    const all = lines.map((line) => home.run(['run', '--rm', '--', 'echo', line]));
    const some = [1, 2, 3].map(() => home.run(['ps', '-aq']));
    expect(await Promise.all(all)).toMatchObject(lines.map((line) => ({ exitCode: 0, stdout: `${line}\n`, stderr: '' })));
    expect(await Promise.all(some)).toMatchObject(some.map(() => ({ exitCode: 0, stderr: '' })));
  });

  it('wait for a program that has the home by the library, and name it when it stays', async () => {
    const program = `const { BoxliteRuntime } = await import(${JSON.stringify(CORE)}); const runtime = await BoxliteRuntime.open(); console.log('open'); process.stdin.once('end', () => runtime.close()).resume();`;
    const script = join(home.path, 'holder.mjs');
    writeFileSync(script, program);
    const holder = home.program([script]);
    await holder.printed('open');
    const { exitCode, stderr } = await home.run(['ps']);
    const pid = String(holder.child.pid);
    expect(exitCode).toBe(125);
    expect(stderr).toContain(`in use by process ${pid} (node`);
    expect(stderr).toContain(`holder.mjs); one process uses a home at a time\nWait until it ends, end it ('kill ${pid}'),`);
    const waiting = home.run(['ps', '-q']);
    holder.child.stdin.end();
    expect(await waiting).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    expect((await holder.ended).exitCode).toBe(0);
  });
});
