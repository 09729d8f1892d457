import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeImage } from '@boxlite/testbed';
import {
  ApiKeyCredential,
  BoxliteError,
  BoxliteRestOptions,
  BrowserBox,
  CodeBox,
  ComputerBox,
  DEFAULT_CPUS,
  DEFAULT_MEMORY_MIB,
  errorCode,
  ExecError,
  getJsBoxlite,
  getNativeModule,
  InteractiveBox,
  type JsBox,
  JsBoxlite,
  type JsBoxOptions,
  type JsExecution,
  SimpleBox,
  SkillBox,
  TimeoutError,
} from '@boxlite/boxes/compat';
import { useHome } from './support/home.js';

const SMALL = { memoryMib: 256 };

const read = async (stream: { next(): Promise<string | null> }): Promise<string[]> => {
  const lines: string[] = [];
  for (let line = await stream.next(); line !== null; line = await stream.next()) lines.push(line);
  return lines;
};

const textOf = async (execution: JsExecution): Promise<string> => (await read(await execution.stdout())).join('');

describe('programs for the original BoxLite', () => {
  useHome();

  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'boxlite-compat-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  afterAll(() => JsBoxlite.withDefaultConfig().shutdown());

  it('run commands with their output as it comes', async () => {
    const runtime = JsBoxlite.withDefaultConfig();
    expect(getJsBoxlite().withDefaultConfig()).toBe(runtime);
    const box = await runtime.create({ ...SMALL, env: [{ key: 'PROJECT', value: 'boxlite' }], workingDir: '/tmp' });
    const execution = await box.exec('sh', ['-c', 'echo one; echo two; echo $PROJECT $MORE >&2; pwd >&2; exit 3'], [['MORE', 'more']]);
    const [stdout, stderr] = [await execution.stdout(), await execution.stderr()];
    expect(await read(stdout)).toEqual(['one\n', 'two\n']);
    expect(await read(stderr)).toEqual(['boxlite more\n', '/tmp\n']);
    expect(await execution.wait()).toEqual({ exitCode: 3, timedOut: false });
    expect(await execution.id()).toMatch(/./);

    // What was printed before somebody reads is there, also when the command is waited for first, and more than streams hold.
    const flood = await box.exec('sh', ['-c', 'yes $(seq 100) | head -c 4000000; echo; echo end']);
    expect(await flood.wait()).toMatchObject({ exitCode: 0 });
    const text = await textOf(flood);
    expect([text.length, text.endsWith('\nend\n')]).toEqual([4_000_005, true]);

    // What comes of a line is not held back.
    const asking = await box.exec('sh', ['-c', `printf 'name? '; read name; echo hello $name`]);
    const answers = await asking.stdout();
    expect(await answers.next()).toBe('name? ');
    await (await asking.stdin()).writeString('alice\n');
    expect(await read(answers)).toEqual(['hello alice\n']);

    const sleeping = await box.exec('sleep', ['100']);
    await sleeping.kill();
    expect(await sleeping.wait()).toEqual({ exitCode: -9, timedOut: false, errorMessage: 'the command was ended by SIGKILL' });
    expect(await (await box.exec('sleep', ['100'], null, false, null, 0.2)).wait()).toMatchObject({ timedOut: true });
    expect(await textOf(await box.exec('sh', ['-c', 'id -u; pwd'], null, false, '7', null, '/etc'))).toBe('7\n/etc\n');
    const terminal = await box.exec('tty', [], null, true);
    await terminal.resizeTty(33, 77);
    expect(await textOf(terminal)).toMatch(/^\/dev\/pts\//);

    expect(await box.metrics()).toMatchObject({ commandsExecutedTotal: 7, execErrorsTotal: 0 });
    expect(await runtime.metrics()).toMatchObject({ numRunningBoxes: 1 });
    await box.stop();
    expect(await runtime.getInfo(box.id)).toBeNull();
  });

  it('keep Boxes, find them again, and remove them', async () => {
    const runtime = JsBoxlite.withDefaultConfig();
    const plain = await (await runtime.create({})).info();
    expect(plain).toMatchObject({ cpus: DEFAULT_CPUS, memoryMib: DEFAULT_MEMORY_MIB });
    await runtime.remove(plain.id);
    const box = await runtime.create({ ...SMALL, autoRemove: false }, 'kept');
    expect(await box.info()).toMatchObject({ id: box.id, name: 'kept', state: { status: 'configured', running: false }, memoryMib: 256 });
    await (await box.exec('sh', ['-c', 'echo persistent > /root/file'])).wait();
    expect((await box.info()).state).toEqual({ status: 'running', running: true, pid: expect.any(Number) as number });
    expect((await runtime.listInfo()).map(({ id }) => id)).toEqual([box.id]);
    await expect(runtime.create(SMALL, 'kept')).rejects.toMatchObject({ code: 'AlreadyExists' });
    expect(await runtime.getOrCreate(SMALL, 'kept')).toMatchObject({ created: false, box: { id: box.id } });
    await box.stop();
    expect((await runtime.getInfo('kept'))?.state.status).toBe('stopped');
    const again = (await runtime.get(box.id)) as JsBox;
    expect(await textOf(await again.exec('cat', ['/root/file']))).toBe('persistent\n');
    await expect(runtime.remove('kept')).rejects.toMatchObject({ code: 'InvalidState' });
    await runtime.remove('kept', true);
    // As `rm -f`, for programs that have stopped a Box that is removed by that.
    await runtime.remove('kept', true);
    await expect(runtime.remove('kept')).rejects.toMatchObject({ code: 'NotFound' });
    expect(await runtime.get('kept')).toBeNull();
  });

  it('make clones, snapshots and archives', async () => {
    const runtime = JsBoxlite.withDefaultConfig();
    const source = await runtime.create({ ...SMALL, autoRemove: false, diskSizeGb: 2 }, 'source');
    await (await source.exec('sh', ['-c', 'echo source > /root/marker'])).wait();
    const clone = await source.cloneBox({}, 'clone');
    expect(await textOf(await clone.exec('cat', ['/root/marker']))).toBe('source\n');
    expect(await source.snapshot.create('before')).toMatchObject({ name: 'before', boxId: source.id, containerDiskBytes: 2 * 1024 ** 3 });
    await (await source.exec('rm', ['/root/marker'])).wait();
    await source.snapshot.restore('before');
    expect(await textOf(await source.exec('cat', ['/root/marker']))).toBe('source\n');
    await source.snapshot.remove('before');
    expect([await source.snapshot.get('before'), await source.snapshot.list()]).toEqual([null, []]);
    const archive = await source.export(directory);
    expect(archive).toBe(join(directory, 'source.boxlite'));
    const imported = await runtime.importBox(archive, 'imported');
    expect(await textOf(await imported.exec('cat', ['/root/marker']))).toBe('source\n');
    for (const box of [source, clone, imported]) await runtime.remove(box.id, true);
  });

  it('copy files in and out', async () => {
    const runtime = JsBoxlite.withDefaultConfig();
    const box = await runtime.create(SMALL, 'copy-demo');
    await box.start();
    await mkdir(join(directory, 'in'));
    writeFileSync(join(directory, 'in/hello.txt'), 'hello from node\n');
    await box.copyIn(join(directory, 'in'), '/app', {});
    expect(await textOf(await box.exec('ls', ['/app']))).toBe('hello.txt\n');
    await box.copyOut('/app', `${join(directory, 'out')}/`, {});
    expect(readFileSync(join(directory, 'out/app/hello.txt'), 'utf8')).toBe('hello from node\n');
    await box.copyOut('/app', join(directory, 'flat'), { includeParent: false });
    expect(existsSync(join(directory, 'flat/hello.txt'))).toBe(true);
    await box.copyIn(join(directory, 'in/hello.txt'), '/made/into/');
    expect(await textOf(await box.exec('ls', ['/made/into']))).toBe('hello.txt\n');
    const pairs = [
      { containerSrc: '/app/hello.txt', hostDst: join(directory, 'many/renamed.txt') },
      { containerSrc: '/no/such/file', hostDst: join(directory, 'many/nothing') },
    ];
    expect(await box.copyOutMany(pairs)).toEqual([
      { ...pairs[0], error: null },
      { ...pairs[1], error: expect.stringContaining('/no/such/file') as string },
    ]);
    expect(readFileSync(join(directory, 'many/renamed.txt'), 'utf8')).toBe('hello from node\n');
    await expect(box.copyIn(join(directory, 'in'), '/root', { recursive: false })).rejects.toMatchObject({ code: 'InvalidArgument' });
    await expect(box.copyIn(join(directory, 'in'), '/root', { overwrite: false })).rejects.toMatchObject({ code: 'Unsupported' });
    await box.stop();
    await runtime.remove('copy-demo', true);
  });

  it('use a SimpleBox', async () => {
    const box = new SimpleBox({ ...SMALL, env: { USER: 'alice' }, workingDir: '/tmp' });
    try {
      expect(await box.exec('sh', '-c', 'echo $USER $MY_VAR; pwd', { MY_VAR: 'custom' })).toMatchObject({
        exitCode: 0,
        stdout: 'alice custom\n/tmp\n',
      });
      expect(await box.exec('pwd', [], undefined, { cwd: '/etc', user: 'nobody', timeoutSecs: 30 })).toMatchObject({ stdout: '/etc\n' });
      expect(await box.exec('sleep', ['100'], undefined, { timeoutSecs: 0.2 }).catch((error: unknown) => error)).toBeInstanceOf(
        TimeoutError,
      );
      for (const [command, exitCode, words] of [
        ['no-such-command', 127, 'not found'],
        ['/etc/passwd', 126, 'Permission denied'],
      ] as const) {
        const failed = await box.exec(command, 'argument').catch((error: unknown) => error);
        expect(failed).toBeInstanceOf(ExecError);
        expect(failed).toMatchObject({ command: `${command} argument`, exitCode, stderr: expect.stringContaining(words) as string });
      }
      const { state, network } = await box.info();
      expect(state.running).toBe(true);
      const nothing = { mode: 'disabled', allowNet: [] };
      expect(network).toEqual({ ...nothing, outbound: nothing, inbound: nothing, publishedPorts: [] });
      expect([box.id, box.name]).toEqual([await box.getId(), undefined]);
      const below = (box as unknown as { _box: Pick<JsBox, 'exec'> })._box;
      const reading = await below.exec('cat');
      const stdin = await reading.stdin();
      await stdin.write(Buffer.from('piped'));
      await stdin.close();
      expect(await textOf(reading)).toBe('piped');
    } finally {
      await box.stop();
    }
    await using first = new SimpleBox({ ...SMALL, name: 'reuse-demo', reuseExisting: true });
    await first.exec('touch', '/tmp/marker');
    await using second = new SimpleBox({ ...SMALL, name: 'reuse-demo', reuseExisting: true });
    expect(await second.exec('ls', '/tmp/marker')).toMatchObject({ exitCode: 0 });
    expect([first.created, second.created]).toEqual([true, false]);
  });

  it('use a CodeBox and an InteractiveBox', async () => {
    const rootfsPath = (await codeImage()).layout;
    const codebox = new CodeBox({ rootfsPath, memoryMib: 384 });
    try {
      expect(await codebox.run('import math\nprint(math.factorial(5))')).toBe('120\n');
      const failed = await codebox.run('1 / 0').catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(ExecError);
      expect(failed).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('ZeroDivisionError') as string });
    } finally {
      await codebox.stop();
    }
    await using shell = new InteractiveBox({ ...SMALL, shell: 'true', tty: false });
    await shell.start();
    await shell.wait();
  });

  it('have volumes, and say how long a Box lives', async () => {
    const runtime = JsBoxlite.withDefaultConfig();
    const { id } = await runtime.volumes.create('data');
    expect((await runtime.volumes.list()).map(({ name }) => name)).toEqual(['data']);
    const volumes = [{ managedVolume: id, guestPath: '/data' }];
    const first = new SimpleBox({ ...SMALL, volumes });
    expect(await first.exec('touch', '/data/kept')).toMatchObject({ exitCode: 0 });
    await first.stop();
    // An autoDelete that is given counts, not autoRemove.
    const second = new SimpleBox({ ...SMALL, volumes, name: 'keeps', autoStop: 600, autoRemove: true, autoDelete: 0 });
    expect(await second.exec('ls', '/data/kept')).toMatchObject({ exitCode: 0 });
    expect(await second.info()).toMatchObject({ autoStop: 600, autoDelete: 0, autoResume: true });
    await second.stop();
    const inUse = await runtime.volumes.remove(id).catch((error: unknown) => error);
    expect([inUse, new Error('another')].map(errorCode)).toEqual(['invalid_state', undefined]);
    await runtime.remove('keeps');
    await runtime.volumes.remove(id);
    await runtime.volumes.remove(id, true);
    await expect(runtime.volumes.get(id)).rejects.toMatchObject({ code: 'NotFound' });
    await expect(runtime.volumes.remove(id)).rejects.toMatchObject({ code: 'NotFound' });
    const brief = await runtime.create({ ...SMALL, autoRemove: false, autoDelete: 60 });
    await brief.start();
    await brief.stop();
    expect(await runtime.get(brief.id)).toBeNull();
  });

  it('have a home of their own', async () => {
    const homeDir = join(directory, 'home');
    const runtime = new JsBoxlite({ homeDir });
    const box = new SimpleBox({ ...SMALL, runtime });
    await box.exec('true');
    expect((await runtime.listInfo()).map(({ id }) => id)).toEqual([box.id]);
    expect(await JsBoxlite.withDefaultConfig().listInfo()).toEqual([]);
    await runtime.shutdown(0);
    await expect(runtime.listInfo()).rejects.toMatchObject({ code: 'Stopped' });
    await using another = new JsBoxlite({ homeDir, imageRegistries: [{ host: 'docker.io', search: true }] });
    expect(await another.listInfo()).toEqual([]);
    expect((await another.images.list()).length).toBeGreaterThan(0);
  });

  it.each<JsBoxOptions>([
    { ports: [{ hostPort: 8080, guestPort: 80 }] },
    { network: { mode: 'enabled', allowNet: ['example.org'] } },
    { secrets: [{ name: 'openai', value: 'sk-secret', hosts: ['example.org'] }] },
    { security: { maxOpenFiles: 5 } },
    { autoResume: false },
  ])('hear what there is not: %j', async (options) => {
    await expect(JsBoxlite.withDefaultConfig().create(options)).rejects.toMatchObject({ code: 'Unsupported' });
    expect(() => new SimpleBox(options as object)).toThrow(BoxliteError);
  });

  it('hear of boxes that there are not, and of servers', async () => {
    for (const make of [
      () => new BrowserBox(),
      () => new ComputerBox(),
      () => new SkillBox(),
      () => new ApiKeyCredential('key'),
      () => ApiKeyCredential.fromEnv(),
      () => JsBoxlite.rest('http://localhost'),
      () => new BoxliteRestOptions({ url: 'http://localhost' }),
      () => getNativeModule(),
      () => new JsBoxlite({ imageRegistries: [{ host: 'ghcr.io', search: true }] }),
    ])
      expect(make).toThrow(expect.objectContaining({ code: 'Unsupported' }) as Error);
    const box = await JsBoxlite.withDefaultConfig().create({
      ...SMALL,
      network: { mode: 'disabled' },
      security: { jailerEnabled: true },
      healthCheck: { interval: 1, timeout: 5, retries: 2, startPeriod: 0 },
    });
    await box.start();
    const simple = new SimpleBox(SMALL);
    const runtime = JsBoxlite.withDefaultConfig();
    for (const refused of [
      box.network.tunnel(80),
      simple.tunnel(80),
      box.git['clone']?.('https://example.org/a'),
      box.ssh['status']?.(),
      runtime.registries['list']?.(),
    ])
      await expect(refused).rejects.toMatchObject({ code: 'Unsupported' });
    await box.stop();
  });
});
