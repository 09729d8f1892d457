import { truncate } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Home } from './support/home.js';

const README = resolve(__dirname, 'readme.sh');

describe('a Box at other moments', () => {
  let home: Home;

  beforeAll(async () => {
    home = await Home.make();
  });

  afterAll(() => home[Symbol.asyncDispose]());

  const json = async (...args: string[]): Promise<unknown> => {
    const { stdout, stderr, exitCode } = await home.run(args);
    if (exitCode !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  };

  it('is put back, cloned, paused and exported, as the README has it', async () => {
    const { stdout, stderr, exitCode } = await home.shell(`cd '${home.path}'; source '${README}'`);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    const id = '[0-9a-f]{12}\n';
    expect(stdout).toMatch(new RegExp(`^${id}web\nbefore\nweb\nprecious\n${id}${id}web\n/\\S+/worker.boxlite\n$`));
  });

  it('is shown with what it was started from', async () => {
    expect(await json('ps', '--json')).toMatchObject([
      { name: expect.stringMatching(/^worker-[12]$/), status: 'running', startedFrom: 'clone' },
      { name: expect.stringMatching(/^worker-[12]$/), status: 'running', startedFrom: 'clone' },
      { name: 'web', status: 'paused', startedFrom: 'snapshot' },
    ]);
    expect((await home.run(['ps', '--filter', 'status=paused'])).stdout).toMatch(/ Up .* \(paused\) +snapshot .* web\n$/);
    const { stdout } = await home.run(['info']);
    expect(stdout).toMatch(/^Boxes: +3, 2 running, 1 paused$/m);
    expect(stdout).toMatch(/^Templates: +[12], [0-9.]+MB$/m);
  });

  it('runs nothing while it is paused, and goes on afterwards', async () => {
    expect(await home.run(['exec', 'web', 'true'])).toMatchObject({
      exitCode: 125,
      stderr: expect.stringMatching(
        /^boxlite: Box [0-9a-f]{12} is paused, and must be running for this; 'boxlite unpause' lets it go on\n$/,
      ),
    });
    expect(await home.run(['unpause', 'web'])).toMatchObject({ exitCode: 0, stdout: 'web\n', stderr: '' });
    expect(await home.run(['exec', 'web', 'cat', '/data'])).toMatchObject({ exitCode: 0, stdout: 'precious\n' });
  });

  it('has clones that are Boxes of their own', async () => {
    const wrote = await home.shell(
      `for box in worker-1 worker-2; do boxlite exec $box sh -c 'echo "$(cat /data) $(hostname)"; hostname > /data'; done`,
    );
    const [first, second] = (await json('inspect', 'worker-1', 'worker-2')) as { id: string }[];
    expect(wrote.stdout).toBe(`precious ${String(first?.id)}\nprecious ${String(second?.id)}\n`);
    expect(await home.run(['exec', 'web', 'cat', '/data'])).toMatchObject({ stdout: 'precious\n' });
  });

  it('goes on from a snapshot in a new Box', async () => {
    const cloned = await home.run(['clone', '--snapshot', 'before', '--name', 'again', 'web']);
    expect(cloned).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^[0-9a-f]{12}\n$/) });
    expect(await home.run(['exec', 'again', 'cat', '/data'])).toMatchObject({ exitCode: 0, stdout: 'precious\n' });
    expect(await json('inspect', 'again')).toMatchObject([{ startedFrom: 'snapshot' }]);
  });

  it('lists and removes what is kept', async () => {
    expect(await home.run(['stop', '-t', '0', 'web'])).toMatchObject({ exitCode: 0 });
    expect(await home.run(['snapshot', 'create', 'web', 'stopped'])).toMatchObject({ exitCode: 0, stdout: 'stopped\n' });
    expect(await json('snapshot', 'ls', '--json', 'web')).toMatchObject([
      { name: 'stopped', memory: false },
      { name: 'before', memory: true, sizeBytes: expect.any(Number) },
    ]);
    expect(await home.run(['snapshot', 'rm', 'web', 'before', 'nothing'])).toMatchObject({
      exitCode: 125,
      stdout: 'before\n',
      stderr: "boxlite: there is no snapshot 'nothing'; 'boxlite snapshot ls' shows those that exist\n",
    });
    expect(await home.run(['snapshot', 'ls', '-q', 'web'])).toMatchObject({ stdout: 'stopped\n' });
  });

  it('comes to another home by a file, under another name', async () => {
    await using other = await Home.make();
    const file = join(home.path, 'worker.boxlite');
    const imported = await other.run(['import', '--name', 'moved', file]);
    expect(imported).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^[0-9a-f]{12}\n$/) });
    expect(await other.run(['exec', 'moved', 'cat', '/data'])).toMatchObject({ exitCode: 0, stdout: 'precious\n' });
    await truncate(file, 100_000);
    const damaged = await other.run(['import', file]);
    expect(damaged).toMatchObject({ exitCode: 125, stdout: '', stderr: expect.stringMatching(/^boxlite: the archive .* is damaged: /) });
    expect((await other.run(['ps', '-a'])).stdout.trimEnd().split('\n')).toHaveLength(2);
  });

  it.each([
    [['snapshot', 'restore', 'web', 'nothing'], /no snapshot 'nothing'; 'boxlite snapshot ls' shows/],
    [['snapshot', 'create', 'web', '../x'], /the name of the snapshot is "\.\.\/x"/],
    [['clone', '--count', '0', 'web'], /--count is 0;/],
    [['clone', '--name', 'again', 'web'], /'again' is taken/],
    [['pause', 'web'], /is stopped/],
    [['import', '/no/such/file'], /\/no\/such\/file/],
    [['export', 'web', '/no/such/directory/file'], /no directory \/no\/such\/directory/],
  ] as [string[], RegExp][])('%j is refused in one or two lines', async (args, message) => {
    const result = await home.run(args);
    expect(result).toMatchObject({ exitCode: 125, stdout: '', stderr: expect.stringMatching(message) });
    expect(result.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
  });
});
