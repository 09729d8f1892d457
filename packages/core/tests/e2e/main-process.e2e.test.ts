import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { BoxliteRuntime, BoxOptions, LiteBox, RuntimeEvent } from '@boxlite/core';
import { debian, openRuntime, sh, spawnBox } from './support/boxes.js';
import { eventually } from './support/eventually.js';

describe('the main process of a Box', () => {
  let runtime: BoxliteRuntime;

  beforeAll(async () => {
    runtime = await openRuntime();
  });

  afterAll(() => runtime.close());

  /** A Box whose main process is this script. */
  const spawn = (script: string, options: BoxOptions = {}) => spawnBox(runtime, { ...debian(), cmd: ['sh', '-c', script], ...options });
  const stopped = (box: LiteBox) => eventually('the Box to stop', async () => ((await box.info()).status === 'stopped' ? true : undefined));
  const logOf = async (box: LiteBox): Promise<string[]> => {
    const lines: string[] = [];
    for await (const { source, text: line } of box.logs()) lines.push(`${source}: ${line}`);
    return lines;
  };

  it('starts with the Box, and stops it with its end: exit code, output and disk stay', async () => {
    await using box = await spawn('echo out; echo err >&2; printf "no line end"; pwd > /root/where; exit 7', { workingDir: '/srv' });
    expect(await box.info()).toMatchObject({ status: 'configured', exitCode: null, cmd: ['sh', '-c', expect.any(String)] });
    await box.start();
    await stopped(box);
    expect(await box.info()).toMatchObject({ status: 'stopped', exitCode: 7, exitSignal: null, error: null });
    const lines = await logOf(box);
    expect(lines.toSorted()).toEqual(['stderr: err', 'stdout: no line end', 'stdout: out']);
  });

  it('is attached from its first byte by whoever starts it so', async () => {
    await using box = await spawn('read line; echo "got $line"; exit 3', { openStdin: true });
    expect((await box.ociConfig()).process).toMatchObject({ args: ['sh', '-c', expect.stringContaining('read line')], terminal: false });
    const main = await box.attach();
    expect(await box.attach()).toBe(main);
    main.stdin.end('hello\n');
    expect(await text(main.stdout)).toBe('got hello\n');
    expect(await main.wait()).toMatchObject({ exitCode: 3 });
    await stopped(box);
    expect(await logOf(box)).toEqual(['stdout: got hello']);
  });

  it('is not held up by readers that are not there, and runs beside commands', async () => {
    await using box = await spawn('seq 1000000; > /root/printed; read never; sleep 1000');
    await box.start();
    await eventually('it to print', async () => (await box.run('test', ['-e', '/root/printed'])).exitCode === 0 || undefined, 60_000);
    await eventually('its last line', async () => ((await logOf(box)).at(-1) === 'stdout: 1000000' ? true : undefined), 60_000);
    const main = await box.attach();
    expect(await box.executions()).toMatchObject([{ id: 'main', pid: main.pid, running: true, attended: true }]);
    expect(main.id).toBe('main');
    await main.kill();
    expect(await main.wait()).toMatchObject({ signal: 'SIGKILL' });
    await stopped(box);
    expect(await box.info()).toMatchObject({ exitCode: null, exitSignal: 'SIGKILL' });
  });

  it('is told to end when the Box is stopped, and runs anew when it is started', async () => {
    await using box = await spawn('trap "echo bye; exit 0" USR1; echo up; while :; do sleep 0.05; done', { stopSignal: 'USR1' });
    await expect(runtime.create({ ...debian(), stopSignal: 'USR1' })).rejects.toMatchObject({ code: 'InvalidArgument' });
    await expect(runtime.create({ ...debian(), cmd: ['true'], stopSignal: 'NONE' })).rejects.toMatchObject({ code: 'InvalidArgument' });
    const first = await box.attach();
    expect(String(await once(first.stdout, 'data'))).toBe('up\n');
    await box.stop();
    expect(await box.info()).toMatchObject({ status: 'stopped', exitCode: 0 });
    expect(await logOf(box)).toEqual(['stdout: up', 'stdout: bye']);
    const second = await box.attach();
    expect(String(await once(second.stdout, 'data'))).toBe('up\n');
    expect(await box.info()).toMatchObject({ status: 'running', exitCode: null });
  });

  it('has a terminal', async () => {
    await using box = await spawn('tty; read line; echo "got $line"; exit 2', { tty: true, openStdin: true });
    const main = await box.attach();
    await main.resize({ rows: 10, columns: 20 });
    expect(String(await once(main.stdout, 'data'))).toContain('/dev/pts/');
    main.stdin.write('hello\r');
    expect(await text(main.stdout)).toMatch(/hello\r\ngot hello\r\n$/);
    expect(await main.wait()).toMatchObject({ exitCode: 2 });
  });

  it('has its terminal as the console of the container, where others find it too', async () => {
    await using box = await spawn('sleep 0.2; echo typed >/dev/console; read line </dev/console; echo "got $line"', {
      tty: true,
      openStdin: true,
    });
    const main = await box.attach();
    expect(await sh(box, 'stat -Lc "%F %t" /dev/console; grep -c " /dev/console devpts " /proc/mounts')).toBe(
      'character special file 88\n1',
    );
    main.stdin.write('hello\r');
    expect(await text(main.stdout)).toMatch(/typed\r\n[^]*got hello\r\n$/);
    await stopped(box);
    // As under Docker, there is none without a terminal.
    await using plain = await spawn('test -e /dev/console || exit 6');
    await plain.start();
    await stopped(plain);
    expect(await plain.info()).toMatchObject({ exitCode: 6 });
  });

  it('is told of by events as other commands are, also of its want of memory', async () => {
    const seen: RuntimeEvent[] = [];
    const watching = (async () => {
      for await (const event of runtime.events()) seen.push(event);
    })();
    const hog = 'b = []\nwhile True: b.append(bytearray(8 << 20))';
    const box = await spawnBox(runtime, { ...debian(), memoryMib: 256, cmd: ['python3', '-c', hog] });
    await box.start();
    await stopped(box);
    expect(await box.info()).toMatchObject({ exitSignal: 'SIGKILL', oomKilled: true });
    await box.remove({ force: true });
    await runtime.close();
    await watching;
    runtime = await openRuntime();
    const of = seen.filter(({ id }) => id === box.id);
    expect(of.map(({ action }) => action)).toEqual([
      ...['created', 'starting', 'started', 'exec-started', 'oom', 'exec-ended', 'stopped', 'removed'],
    ]);
    expect(of.find(({ action }) => action === 'exec-started')?.attributes).toEqual({ exec: 'main', command: 'python3' });
    expect(of.find(({ action }) => action === 'oom')?.attributes).toEqual({ exec: 'main' });
    expect(of.find(({ action }) => action === 'exec-ended')?.attributes).toMatchObject({ exec: 'main', signal: 'SIGKILL' });
  });

  it('is what the image names, unless something else is given', async () => {
    await using box = await spawnBox(runtime, { entrypoint: ['/bin/echo', 'from'], cmd: ['options'] });
    expect(await text((await box.attach()).stdout)).toBe('from options\n');
    await using image = await spawnBox(runtime, { cmd: [], openStdin: true });
    const shell = await image.attach();
    shell.stdin.end('echo the image has $0\n');
    expect(await text(shell.stdout)).toMatch(/^the image has .*sh\n$/);
  });

  it('fails the start of a Box where it cannot be run', async () => {
    await using box = await spawnBox(runtime, { ...debian(), cmd: ['/no/such/program'] });
    await expect(box.start()).rejects.toMatchObject({ code: 'Execution', reason: 'command-not-found' });
    expect(await box.info()).toMatchObject({ status: 'failed', pid: null });
    await using idle = await spawnBox(runtime, debian());
    await expect(idle.attach()).rejects.toMatchObject({ code: 'InvalidState' });
  });

  it('goes on in a clone', async () => {
    await using box = await spawn('until test -e /root/go; do sleep 0.05; done; echo went; exit 4');
    await box.start();
    const [clone] = await box.clone();
    if (clone === undefined) throw new Error('clone made no Box');
    try {
      const main = await clone.attach();
      await sh(clone, '> /root/go');
      expect(await text(main.stdout)).toBe('went\n');
      await stopped(clone);
      expect(await clone.info()).toMatchObject({ exitCode: 4 });
      expect(await box.info()).toMatchObject({ status: 'running', exitCode: null });
    } finally {
      await clone.remove({ force: true });
    }
  });

  it('outlives its program in a detached Box, and is found again, running or ended', async () => {
    const script = 'echo one; until test -e /root/go; do sleep 0.05; done; echo two; until test -e /root/end; do sleep 0.05; done; exit 5';
    const { id } = await runtime.create({ ...debian(), detach: true, cmd: ['sh', '-c', script], openStdin: true });
    const reopened = async (): Promise<LiteBox> => {
      await runtime.close();
      runtime = await openRuntime();
      return runtime.get(id);
    };
    try {
      await (await runtime.get(id)).start();
      const box = await reopened();
      expect(await box.info()).toMatchObject({ status: 'running', exitCode: null });
      const main = await box.attach();
      await sh(box, '> /root/go');
      for await (const chunk of main.stdout) if (String(chunk).endsWith('two\n')) break;
      await box.exec('sh', ['-c', 'sleep 1; > /root/end']);
      await runtime.close();
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      runtime = await openRuntime();
      const ended = await runtime.get(id);
      expect(await ended.info()).toMatchObject({ status: 'stopped', exitCode: 5 });
      expect(await logOf(ended)).toEqual(['stdout: one', 'stdout: two']);
    } finally {
      await runtime.remove(id, { force: true });
    }
  });
});
