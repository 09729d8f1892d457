import type { BoxliteRuntime, Execution, ExecOptions, LiteBox } from '@boxlite/core';
import { debian, openRuntime, sh, spawnBox } from './support/boxes.js';
import { eventually } from './support/eventually.js';

/** What a terminal has shown so far. */
class Screen {
  #text = '';
  #wake: (() => void)[] = [];

  constructor(readonly execution: Execution) {
    execution.stdout.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1');
      this.#changed();
    });
    execution.stdout.on('close', () => {
      this.#changed();
    });
  }

  get text(): string {
    return this.#text;
  }

  type(keys: string): void {
    this.execution.stdin.write(keys, 'latin1');
  }

  /** Resolves when `pattern` has been shown, and takes what came up to its end off the screen. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.#text);
      if (found) {
        this.#text = this.#text.slice(found.index + found[0].length);
        return found;
      }
      if (this.execution.stdout.destroyed) throw new Error(`the terminal was closed; it showed ${JSON.stringify(this.#text)}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  #changed(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}

describe('a command on a terminal', () => {
  let runtime: BoxliteRuntime;
  let box: LiteBox;

  beforeAll(async () => {
    runtime = await openRuntime();
    box = await spawnBox(runtime, debian());
  });

  afterAll(async () => {
    await box[Symbol.asyncDispose]();
    await runtime.close();
  });

  const open = async (command: string, args: string[] = [], options: ExecOptions = {}): Promise<Screen> =>
    new Screen(await box.exec(command, args, { tty: true, stdin: 'pipe', ...options }));
  /** Whether a process has these arguments. */
  const running = async (command: string): Promise<boolean> =>
    (await sh(box, "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; true")).includes(command + ' ');
  /** A shell with job control, whose prompt nothing else looks like. */
  const shell = async (): Promise<Screen> => {
    const screen = await open('bash', ['--norc', '--noediting', '-i'], { env: { PS1: '@> ' } });
    await screen.shows(/@> /);
    return screen;
  };

  it('has all three of its descriptors on it, as its controlling terminal', async () => {
    const script =
      'tty; test -t 0 && test -t 1 && test -t 2 && echo all; echo to stderr >&2; : > /dev/tty && echo controlled; cut -d" " -f7 /proc/self/stat';
    const result = await box.run('sh', ['-c', script], { tty: true, check: true });
    expect(result.stdout).toMatch(/^\/dev\/pts\/\d+\r\nall\r\nto stderr\r\ncontrolled\r\n[1-9]\d*\r\n$/);
    expect(result.stderr).toBe('');
  });

  it('has its size before the command starts, and is resized with a signal', async () => {
    const screen = await open('bash', ['-c', 'stty size; trap "stty size; exit 3" WINCH; echo ready; while :; do sleep 0.05; done'], {
      tty: { rows: 33, columns: 121 },
    });
    await screen.shows(/^33 121\r\nready\r\n/);
    await screen.execution.resize({ rows: 50, columns: 200 });
    await screen.shows(/^50 200\r\n/);
    expect(await screen.execution.wait()).toMatchObject({ exitCode: 3 });
    // As kill: nothing is left to resize.
    await screen.execution.resize({ rows: 1, columns: 1 });
  });

  it('names its kind unless the environment does', async () => {
    const term = async (options: ExecOptions) => (await box.run('sh', ['-c', 'echo ${TERM-none}'], options)).stdout.trim();
    expect(await term({ tty: true })).toBe('xterm');
    expect(await term({ tty: true, env: { TERM: 'vt100' } })).toBe('vt100');
    expect(await term({})).toBe('none');
  });

  it('echoes what is typed, and interrupts what is in the foreground', async () => {
    const screen = await shell();
    screen.type('sleep 1000\r');
    await screen.shows(/^sleep 1000\r\n/);
    await eventually('sleep to run', async () => (await running('sleep 1000')) || undefined);
    screen.type('\x03');
    await screen.shows(/\^C/);
    await screen.shows(/@> /);
    screen.type('echo it was $?\r');
    await screen.shows(/it was 130\r\n/);
    screen.type('exit 4\r');
    expect(await screen.execution.wait()).toMatchObject({ exitCode: 4 });
  });

  it('stops and continues jobs', async () => {
    const screen = await shell();
    screen.type('cat\r');
    await screen.shows(/cat\r\n/);
    screen.type('one\r');
    await screen.shows(/one\r\none\r\n/);
    screen.type('\x1a');
    await screen.shows(/Stopped +cat\s+@> /);
    screen.type('jobs | wc -l\r');
    await screen.shows(/\r\n1\r\n@> /);
    screen.type('fg\r');
    await screen.shows(/\r\ncat\r\n/);
    screen.type('two\r');
    await screen.shows(/two\r\ntwo\r\n/);
    screen.type('\x04');
    await screen.shows(/@> /);
    screen.type('\x04');
    expect(await screen.execution.wait()).toMatchObject({ exitCode: 0 });
  });

  it('takes the end of stdin for the end of the file, in the middle of a line too', async () => {
    expect((await box.run('cat', [], { tty: true, stdin: 'whole\n' })).stdout).toBe('whole\r\nwhole\r\n');
    expect((await box.run('cat', [], { tty: true, stdin: 'cut' })).stdout).toBe('cutcut');
    expect((await box.run('wc', ['-c'], { tty: true, stdin: Buffer.alloc(0) })).stdout).toBe('0\r\n');
  });

  it('passes every byte as it is once the program wants that', async () => {
    const screen = await open('sh', ['-c', 'stty raw -echo; echo ready; head -c 256 | od -An -v -tu1 -w256']);
    await screen.shows(/ready\n/);
    screen.type(String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte)));
    const [, seen = ''] = await screen.shows(/((?: +\d+){256})\n/);
    expect(seen.trim().split(/ +/).map(Number)).toEqual(Array.from({ length: 256 }, (_, byte) => byte));
  });

  it('loses nothing of what is printed last, and holds back a fast one', async () => {
    const result = await box.run('seq', ['300000'], { tty: true });
    const lines = result.stdout.split('\r\n');
    expect(lines.length).toBe(300_001);
    expect(lines.at(-2)).toBe('300000');
  });

  it('takes in more than its buffers hold', async () => {
    const line = `${'x'.repeat(99)}\n`;
    const { stdout } = await box.run('sh', ['-c', 'stty -echo; echo ready; md5sum'], { tty: true, stdin: line.repeat(20_000) });
    const expected = await sh(box, `yes ${'x'.repeat(99)} | head -n 20000 | md5sum`);
    expect(stdout).toContain(expected);
  });

  it('belongs to the user of the command', async () => {
    const result = await box.run('sh', ['-c', 'stat -c "%U %G %a" $(tty); echo again > $(tty); echo out > /dev/stdout'], {
      tty: true,
      user: 'nobody',
    });
    expect(result.stdout).toBe('nobody tty 620\r\nagain\r\nout\r\n');
    expect(await sh(box, 'echo out > /dev/stdout', { user: 'nobody' })).toBe('out');
  });

  it('does not wait for what is left behind', async () => {
    const result = await box.run('bash', ['-c', 'trap "" HUP; sleep 1002 & echo done'], { tty: true });
    expect(result).toMatchObject({ exitCode: 0, stdout: 'done\r\n' });
    expect(await running('sleep 1002')).toBe(true);
  });

  it('ends with all of its group when it is given up, or out of time', async () => {
    const giveUp = new AbortController();
    const screen = await open('bash', ['-c', 'sleep 1001; true'], { signal: giveUp.signal });
    await eventually('sleep to run', async () => (await running('sleep 1001')) || undefined);
    giveUp.abort();
    await expect(screen.execution.wait()).rejects.toMatchObject({ name: 'AbortError' });
    await eventually('sleep to end', async () => !(await running('sleep 1001')) || undefined);
    expect(await box.run('sleep', ['1000'], { tty: true, timeoutMs: 300 })).toMatchObject({ timedOut: true, signal: 'SIGTERM' });
  });

  it('is one of several, each with its own', async () => {
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        box.run('sh', ['-c', 'stty size; tty'], { tty: { rows: n + 1, columns: 80 } }).then(({ stdout }) => stdout.split('\r\n')),
      ),
    );
    expect(results.map(([size]) => size)).toEqual(results.map((_, n) => `${String(n + 1)} 80`));
    expect(new Set(results.map(([, name]) => name)).size).toBeGreaterThan(1);
  });

  it('is refused for what has none, or for what is no size', async () => {
    const execution = await box.exec('sleep', ['1000']);
    await expect(execution.resize({ rows: 1, columns: 1 })).rejects.toMatchObject({ code: 'InvalidState' });
    await execution.kill();
    await expect(box.exec('true', [], { tty: { rows: 0, columns: 80 } })).rejects.toMatchObject({ code: 'InvalidArgument' });
    const screen = await open('cat');
    await expect(screen.execution.resize({ rows: 1, columns: 70_000 })).rejects.toMatchObject({ code: 'InvalidArgument' });
    await screen.execution.kill();
  });
});

test('a terminal hangs up when the program that opened it is gone', async () => {
  const script = 'trap "echo hung up > /root/seen; exit" HUP; echo > /root/ready; while :; do sleep 0.05; done';
  const first = await openRuntime();
  const { id } = await first.create({ ...debian(), detach: true });
  try {
    const box = await first.get(id);
    await box.exec('bash', ['-c', script], { tty: true });
    await eventually('the command to run', async () => (await box.run('test', ['-e', '/root/ready'])).exitCode === 0 || undefined);
  } finally {
    await first.close();
  }
  const second = await openRuntime();
  try {
    const box = await second.get(id);
    await eventually('the hang-up', async () => (await box.run('cat', ['/root/seen'])).stdout === 'hung up\n' || undefined);
  } finally {
    await second.remove(id, { force: true });
    await second.close();
  }
});
