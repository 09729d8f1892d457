import { type Health, HealthStatus, type SetCareRequest } from '@boxlite/shared/protocol';
import { startFakeAgent } from '../testing/fake-agent.js';
import { type BoxHealth, readHealth } from './health.js';

const healthy: Health = {
  status: HealthStatus.HEALTH_STATUS_HEALTHY,
  failingStreak: 0,
  log: [{ startNanos: 1_700_000_000_000_000_000n, endNanos: 1_700_000_001_000_000_000n, exitCode: 0, output: Buffer.from('ok\n') }],
};

describe('readHealth', () => {
  it('reads what a guest says', () => {
    expect(readHealth(healthy)).toEqual({
      status: 'healthy',
      failingStreak: 0,
      log: [{ startedAt: '2023-11-14T22:13:20.000Z', endedAt: '2023-11-14T22:13:21.000Z', exitCode: 0, output: 'ok\n' }],
    });
  });

  it.each([
    ['status', { status: 9 as HealthStatus }],
    ['number of results', { log: Array.from({ length: 6 }, () => healthy.log).flat() }],
    ['output', { log: [{ startNanos: 0n, endNanos: 0n, exitCode: 0, output: Buffer.alloc(5000) }] }],
    ['time', { log: [{ startNanos: 2n ** 63n - 1n, endNanos: 2n ** 62n, exitCode: 256, output: Buffer.alloc(0) }] }],
  ])('takes no lie about the %s', (_, lie) => {
    expect(readHealth({ ...healthy, ...lie })).toBeUndefined();
  });
});

describe('what the agent does by itself', () => {
  it('is ordered as a whole', async () => {
    const orders: SetCareRequest[] = [];
    await using agent = await startFakeAgent({
      care: {
        set: (call, callback) => {
          orders.push(call.request);
          callback(null, {});
        },
      },
    });
    const times = { intervalMs: 1, timeoutMs: 2, startPeriodMs: 3, startIntervalMs: 4, retries: 5 };
    await agent.session.setCare({ healthCheck: { argv: ['true'], ...times, endWhenUnhealthy: true }, idleTimeoutMs: undefined });
    await agent.session.setCare({ healthCheck: undefined, idleTimeoutMs: 7 });
    expect(orders).toMatchObject([
      { healthCheck: { intervalMs: 1n, startIntervalMs: 4n, retries: 5, endWhenUnhealthy: true }, idleTimeoutMs: 0n },
      { healthCheck: undefined, idleTimeoutMs: 7n },
    ]);
  });

  it('is heard of, and a guest that floods is heard of seldom', async () => {
    let sent = 0;
    await using agent = await startFakeAgent({
      care: {
        watchHealth: (call) => {
          const flood = (): void => {
            while (!call.destroyed && sent < 1_000_000 && call.write({ ...healthy, failingStreak: sent })) sent += 1;
          };
          call.on('drain', flood);
          call.on('error', () => undefined);
          flood();
        },
      },
    });
    const heard: BoxHealth[] = [];
    const before = process.memoryUsage().arrayBuffers;
    const over = agent.session.watchHealth((health) => heard.push(health));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(heard.length).toBeGreaterThan(0);
    expect(heard.length).toBeLessThan(20);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 << 20);
    agent.session.close();
    await over;
  });

  it('is heard of no more from a guest that lies', async () => {
    await using agent = await startFakeAgent({
      care: {
        watchHealth: (call) => {
          call.on('error', () => undefined);
          call.write({ ...healthy, status: 77 as HealthStatus });
        },
      },
    });
    const heard: BoxHealth[] = [];
    await agent.session.watchHealth((health) => heard.push(health));
    expect(heard).toEqual([]);
  });
});
