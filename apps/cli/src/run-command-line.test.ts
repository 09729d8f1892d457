import { Readable } from 'node:stream';
import { fakeCli, IMAGE } from './testing/fake-cli.js';
import { errno } from './testing/sink.js';

describe('boxlite run', () => {
  it.each([
    [['run', '--', 'echo', '-n', 'hi'], undefined, ['echo', '-n', 'hi']],
    [['run', 'debian:12', 'ls', '--rm', '-l'], 'debian:12', ['ls', '--rm', '-l']],
    [['run', '--rm', 'debian:12', '--', 'ls'], 'debian:12', ['ls']],
    [['run', 'debian:12'], 'debian:12', ['bash']],
    [['run', '--entrypoint', 'sh', 'debian:12', '-c', 'x'], 'debian:12', ['sh', '-c', 'x']],
  ])('%j', async (args, image, argv) => {
    const { boxlite, runtime } = fakeCli();
    expect(await boxlite(...args)).toBe(0);
    expect(runtime.calls.find(([call]) => call === 'create')?.[1]).toMatchObject({
      ...(image === undefined ? {} : { image }),
      autoRemove: args.includes('--rm') && argv[1] !== '--rm',
    });
    expect(runtime.calls.find(([call]) => call === 'resolve')?.[1]).toBe(image ?? 'boxlite.local/busybox:latest');
    expect(runtime.calls.find(([call]) => call === 'exec')?.[1]).toEqual(argv);
    expect(runtime.closed).toBe(true);
  });

  it('passes every option on', async () => {
    const { boxlite, runtime, opened } = fakeCli();
    const options =
      '--home /h --accelerator tcg run --isolation any --name web --cpus 2 -m 2g --disk 8g --disk-read-bps 10m --disk-write-bps 512 --disk-read-iops 7 --disk-write-iops 8 -e A=1 -e HOME -w /w -u 1:2 --hostname h -l k=v --cap-add ALL --cap-drop NET_RAW --network none --timeout 5s --pull always';
    expect(await boxlite(...options.split(' '), 'debian:12', 'true')).toBe(0);
    expect(opened).toEqual([{ home: '/h', accelerator: 'tcg', isolation: 'any', onProgress: expect.any(Function) }]);
    expect(runtime.calls.map(([call]) => call)).toEqual(['create', 'pull', 'exec']);
    expect(runtime.calls[0]?.[1]).toEqual({
      image: 'debian:12',
      name: 'web',
      cpus: 2,
      memoryMib: 2048,
      diskSizeMib: 8192,
      diskLimits: { readBps: 10 * 2 ** 20, writeBps: 512, readIops: 7, writeIops: 8 },
      env: { A: '1', HOME: '/home/me' },
      workingDir: '/w',
      user: '1:2',
      hostname: 'h',
      labels: { k: 'v' },
      capabilities: { add: ['ALL'], drop: ['NET_RAW'] },
      network: { mode: 'none' },
      cmd: ['true'],
      autoRemove: false,
    });
    expect(runtime.calls[2]?.[2]).toEqual({ timeoutMs: 5_000 });
  });

  it('takes stdin from a pipe, and from a terminal with -i only', async () => {
    const got = async (stdinKind: 'stream' | 'terminal' | 'nothing', ...flags: string[]): Promise<unknown> => {
      const { boxlite, runtime } = fakeCli({ stdinKind, stdin: Readable.from([Buffer.from('in')]) });
      await boxlite('run', ...flags, '--', 'cat');
      return (runtime.calls.find(([call]) => call === 'exec')?.[2] as { stdin?: string }).stdin;
    };
    expect([await got('stream'), await got('terminal'), await got('nothing'), await got('terminal', '-i')]).toEqual([
      'pipe',
      undefined,
      undefined,
      'pipe',
    ]);
  });

  it('keeps the Box unless --rm', async () => {
    const { boxlite, runtime } = fakeCli();
    await boxlite('run', '--', 'true');
    await boxlite('run', '--rm', '--', 'true');
    expect(runtime.boxes).toHaveLength(1);
    expect(runtime.calls.filter(([call]) => call === 'remove')).toHaveLength(1);
  });

  it('passes output and exit code through', async () => {
    const { boxlite, runtime, stdout, stderr } = fakeCli();
    runtime.onCreate = (box) => {
      box.onExec = (execution) => {
        execution.stdout.write('out');
        execution.stderr.write('err');
        execution.exit({ exitCode: 42 });
      };
    };
    expect(await boxlite('run', '--', 'x')).toBe(42);
    expect([stdout.text, stderr.text]).toEqual(['out', 'err']);
  });

  it('is 127 for a command that is not there, and keeps quiet but for one line', async () => {
    const { boxlite, stderr } = fakeCli();
    expect(await boxlite('run', '--', 'missing')).toBe(127);
    expect(stderr.text).toBe("boxlite: 'missing' was not found in the Box\n");
  });

  it('leaves no Box of an image that is not there', async () => {
    const { boxlite, runtime, stderr } = fakeCli();
    expect(await boxlite('run', 'missing:1', 'true')).toBe(125);
    expect(stderr.text).toBe('boxlite: there is no image missing:1\n');
    expect(runtime.boxes).toEqual([]);
  });

  it('says that a timeout ended the command', async () => {
    const { boxlite, runtime, stderr } = fakeCli();
    runtime.onCreate = (box) => {
      box.onExec = (execution) => execution.exit({ signal: 'SIGTERM', timedOut: true });
    };
    expect(await boxlite('run', '--timeout', '1', '--', 'sleep', '9')).toBe(124);
    expect(stderr.text).toContain('--timeout');
  });

  it('gives up a start at Ctrl-C, and leaves nothing', async () => {
    const { boxlite, runtime, stderr, send, signals } = fakeCli();
    runtime.onCreate = (box) => {
      box.starting = new Promise(() => undefined);
      setTimeout(() => send('SIGINT'), 10);
    };
    expect(await boxlite('run', '--', 'true')).toBe(130);
    expect([stderr.text, runtime.boxes, runtime.closed, signals.eventNames()]).toEqual(['', [], true, []]);
  });

  it('passes Ctrl-C to the command', async () => {
    const { boxlite, runtime, send } = fakeCli();
    runtime.onCreate = (box) => {
      box.onExec = (execution) => {
        execution.onSignal = (signal) => execution.exit({ signal: signal as NodeJS.Signals });
        send('SIGINT');
      };
    };
    expect(await boxlite('run', '--', 'sleep', '9')).toBe(130);
    expect(runtime.boxes).toHaveLength(1);
  });

  it('is quiet when the reader is gone', async () => {
    const { boxlite, runtime, stdout, stderr } = fakeCli();
    stdout.failure = errno('EPIPE');
    runtime.onCreate = (box) => {
      box.onExec = (execution) => {
        execution.onSignal = (signal) => execution.exit({ signal: signal as NodeJS.Signals });
        execution.stdout.write('y\n');
      };
    };
    expect(await boxlite('run', '--', 'yes')).toBe(141);
    expect([stderr.text, runtime.closed]).toEqual(['', true]);
  });
});

it.each([
  [['help'], 'Usage: boxlite [options] COMMAND\n'],
  [['help', 'run'], 'Usage: boxlite run [options] [IMAGE] [COMMAND [ARG...]]\n'],
])('%j shows how it is used', async (args, usage) => {
  const { boxlite, stdout } = fakeCli();
  expect(await boxlite(...args)).toBe(0);
  expect(stdout.text).toContain(usage);
});

describe('wrong usage', () => {
  it.each([
    [['run'], "boxlite: nothing to run\nName an image, or a command after '--'. See 'boxlite run --help'.\n"],
    [['run', '--memory', '-1', 'x'], /^boxlite: option '-m, --memory <size>' argument '-1' is invalid\. .*\nSee 'boxlite run --help'\.\n$/],
    [['run', '--cpus', 'NaN', 'x'], /'NaN' is invalid/],
    [['run', '--cpus', '0', '--', 'x'], /^boxlite: --cpus is 0; .*\nSee 'boxlite run --help'\.\n$/],
    [['run', '--pull', 'sometimes', 'x'], /missing, always, never/],
    [['run', '-it', 'debian:12'], /^boxlite: the input device is not a TTY\n.*-i/],
    [['run', '-d', '--timeout', '3', 'debian:12'], /--timeout and -d/],
    [['run', '-v', '/a', 'debian:12'], /'\/a' is no volume/],
    [['run', '--rmm', 'x'], /^boxlite: unknown option '--rmm'\n.*--rm/],
    [['exec', 'web'], /missing required argument 'command'/],
    [['stop'], /missing required argument/],
    [['pss'], /^boxlite: unknown command 'pss'\n.*ps/],
    [['ps', '--filter', 'x'], /there is no filter 'x'/],
    [['ps', 'extra'], /too many arguments/],
    [['completion', 'tcsh'], /bash, zsh, fish/],
    [['--accelerator', 'fast', 'ps'], /auto, kvm, hvf, tcg/],
  ] as [string[], string | RegExp][])('%j is refused with 125', async (args, message) => {
    const { boxlite, stdout, stderr } = fakeCli();
    expect(await boxlite(...args)).toBe(125);
    expect(stderr.text).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
    expect(stderr.text.trimEnd().split('\n').length).toBeLessThanOrEqual(3);
    expect(stdout.text).toBe('');
  });
});

describe('lists', () => {
  const withBoxes = async () => {
    const cli = fakeCli();
    const web = await cli.runtime.create({ name: 'web', image: 'docker.io/library/debian:12', detach: true });
    await web.start();
    const old = await cli.runtime.create({});
    Object.assign(old.info_, { status: 'stopped', stoppedAt: '2025-12-31T00:00:00Z' });
    return cli;
  };

  it('shows Boxes that run, or all', async () => {
    const { boxlite, stdout } = await withBoxes();
    expect(await boxlite('ps')).toBe(0);
    expect(stdout.text).toBe(
      'BOX ID         IMAGE       CREATED         STATUS         STARTED FROM   CPUS    MEMORY   NAME\n' +
        '000000000010   debian:12   5 minutes ago   Up 4 minutes   template          1   512 MiB   web\n',
    );
    stdout.chunks.length = 0;
    await boxlite('ps', '-aq');
    expect(stdout.text).toBe('000000000010\n000000000011\n');
    stdout.chunks.length = 0;
    await boxlite('ps', '--json', '--filter', 'status=stopped');
    expect(JSON.parse(stdout.text)).toMatchObject([{ id: '000000000011', status: 'stopped' }]);
  });

  it('shows images', async () => {
    const { boxlite, stdout } = fakeCli();
    await boxlite('images');
    expect(stdout.text).toBe('IMAGE    TAG   DIGEST         CREATED         SIZE\ndebian   12    abababababab   5 minutes ago   48MB\n');
    stdout.chunks.length = 0;
    await boxlite('images', '-q');
    expect(stdout.text).toBe(`${IMAGE.digest}\n`);
  });

  it('inspects what there is, and says what there is not', async () => {
    const { boxlite, stdout, stderr } = await withBoxes();
    expect(await boxlite('inspect', 'web', 'debian:12', 'missing')).toBe(125);
    expect(JSON.parse(stdout.text)).toMatchObject([{ name: 'web' }, { digest: IMAGE.digest }]);
    expect(stderr.text).toContain('boxlite: there is no image missing');
  });

  it('does the rest when one fails', async () => {
    const { boxlite, stdout, stderr, runtime } = await withBoxes();
    expect(await boxlite('rm', '-f', 'nope', 'web')).toBe(125);
    expect([stdout.text, stderr.text]).toEqual(['web\n', "boxlite: there is no Box 'nope'\n"]);
    expect(runtime.boxes).toHaveLength(1);
  });

  it('does not start what would end with the command', async () => {
    const { boxlite, stdout, stderr } = await withBoxes();
    expect(await boxlite('start', 'web', '000000000011')).toBe(125);
    expect(stdout.text).toBe('web\n');
    expect(stderr.text).toContain("made by 'boxlite run'");
  });

  it('stops with the time given', async () => {
    const { boxlite, runtime } = await withBoxes();
    expect(await boxlite('stop', '-t', '3', 'web')).toBe(0);
    expect(runtime.calls.at(-1)).toEqual(['stop', '000000000010', { timeoutMs: 3_000 }]);
  });
});

describe('help and version', () => {
  it('goes to stdout', async () => {
    const { boxlite, stdout, stderr } = fakeCli();
    for (const args of [[], ['--help'], ['run', '--help'], ['--version']]) expect(await boxlite(...args)).toBe(0);
    expect(stdout.text).toContain('Examples:');
    expect(stderr.text).toBe('');
  });
});
