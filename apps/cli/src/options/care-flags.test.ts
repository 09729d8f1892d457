import { fakeCli } from '../testing/fake-cli.js';

const created = async (...flags: string[]): Promise<unknown> => {
  const { boxlite, runtime, stderr } = fakeCli();
  expect([await boxlite('create', ...flags), stderr.text]).toEqual([0, '']);
  return runtime.calls.find(([what]) => what === 'create')?.[1];
};

describe('what a Box does by itself, on the command line', () => {
  it("has Docker's names", async () => {
    const flags = ['--health-cmd', 'true', '--health-interval', '5s', '--health-timeout', '500ms', '--health-retries', '2'];
    const rest = ['--health-start-period', '0', '--health-start-interval', '1s', '--health-on-failure', 'restart'];
    expect(await created(...flags, ...rest, '--idle-timeout', '10m', '--restart', 'on-failure:3')).toMatchObject({
      healthCheck: {
        command: 'true',
        intervalMs: 5_000,
        timeoutMs: 500,
        retries: 2,
        startPeriodMs: 0,
        startIntervalMs: 1_000,
        onUnhealthy: 'restart',
      },
      idleTimeoutMs: 600_000,
      restart: 'on-failure:3',
    });
    expect(await created('--no-healthcheck')).toMatchObject({ healthCheck: 'none' });
    expect(Object.keys((await created()) as object)).not.toEqual(expect.arrayContaining(['healthCheck']));
  });

  it('says what does not fit together', async () => {
    const { boxlite, stderr } = fakeCli();
    expect(await boxlite('create', '--no-healthcheck', '--health-cmd', 'true')).toBe(125);
    expect(stderr.text).toContain('are both given');
  });
});
