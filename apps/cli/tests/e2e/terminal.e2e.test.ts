import { Home } from './support/home.js';

describe('boxlite on a terminal', () => {
  let home: Home;

  beforeAll(async () => {
    home = await Home.make();
    expect(await home.run(['create', '--name', 'web'])).toMatchObject({ exitCode: 0 });
    expect(await home.run(['start', 'web'])).toMatchObject({ exitCode: 0 });
  });

  afterAll(() => home[Symbol.asyncDispose]());

  it('gives a command our terminal: size, keys and Ctrl-C', async () => {
    const session = home.onTerminal(['exec', '-it', 'web', 'sh']);
    await session.printed('# ');
    session.type('stty size; echo $TERM\r');
    await session.printed('30 100\r\nxterm\r\n');
    await session.printed('# ');
    session.enlarge();
    session.type('while [ "$(stty size)" != "40 120" ]; do sleep 0.1; done; echo en""larged\r');
    await session.printed('enlarged');
    await session.printed('# ');
    // The shell reads keys as they are; the program that it runs does not.
    session.type('sh -c "echo go\'\'ing; sleep 1000"\r');
    await session.printed('going');
    session.type('\x03');
    await session.printed('^C');
    await session.printed('# ');
    session.type('echo code $?\r');
    await session.printed('code 130');
    await session.printed('# ');
    session.type('exit 7\r');
    expect(await session.outcome()).toEqual({ exitCode: 7, restored: true });
  });

  it('runs a shell in a new Box', async () => {
    const session = home.onTerminal(['run', '--rm', '-it', '--', 'sh']);
    await session.printed('# ');
    session.type('test -t 0 && echo on a ter""minal\r');
    await session.printed('on a terminal');
    await session.printed('# ');
    session.type('\x04');
    expect(await session.outcome()).toEqual({ exitCode: 0, restored: true });
  });

  it('passes Ctrl-Z on like any other key', async () => {
    const session = home.onTerminal(['exec', '-it', 'web', 'sh', '-c', 'trap "" TERM; echo ready; sleep 2; exit 5']);
    await session.printed('ready');
    session.type('\x1a');
    expect(await session.outcome()).toEqual({ exitCode: 5, restored: true });
  });

  it('ends what runs when our terminal hangs up', async () => {
    const session = home.onTerminal(['exec', '-it', 'web', 'sh', '-c', 'echo ready; sleep 1003']);
    await session.printed('ready');
    session.hangUp();
    await session.ended;
    const left = await home.run(['exec', 'web', 'sh', '-c', "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"]);
    expect(left.stdout).not.toContain('sleep 1003');
  });

  it('gives a terminal without ours, and refuses to forward what is none', async () => {
    const alone = await home.run(['exec', '-t', 'web', 'sh', '-c', 'stty size; tty >&2']);
    expect(alone).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^24 80\r\n\/dev\/pts\/\d+\r\n$/), stderr: '' });
    const refused = await home.run(['exec', '-it', 'web', 'sh'], { input: 'echo no\n' });
    expect(refused).toMatchObject({ exitCode: 125, stdout: '', stderr: expect.stringContaining('the input device is not a TTY') });
    expect(await home.run(['run', '-it', '--', 'sh'])).toMatchObject({ exitCode: 125, stdout: '' });
  });
});
