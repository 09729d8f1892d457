import { checkHealthCheck, healthCheckOf, healthCheckOptions } from './health-check.js';
import { type Ending, checkRestart, formatRestart, NO_RESTART, restartDelay, wantsRestart } from './restart-policy.js';
import { boxConfig } from './box-config.js';
import type { BoxOptions } from './box-options.js';

const image = { argv: ['check'], intervalMs: 1, timeoutMs: 2, startPeriodMs: 3, startIntervalMs: null, retries: 5 };

describe('the health check of a Box', () => {
  it('is what is given, then what the image says, then the default', () => {
    const given = checkHealthCheck({ command: 'test -e /ok', timeoutMs: 7, onUnhealthy: 'restart' });
    expect(healthCheckOf(given, image, false)).toEqual({
      argv: ['/bin/sh', '-c', 'test -e /ok'],
      intervalMs: 1,
      timeoutMs: 7,
      startPeriodMs: 3,
      startIntervalMs: 1,
      retries: 5,
      endWhenUnhealthy: true,
    });
    expect(healthCheckOf(checkHealthCheck({ command: ['true'] }), null, false)).toMatchObject({ intervalMs: 30_000, retries: 3 });
    expect(checkHealthCheck(healthCheckOptions(given) ?? undefined)).toEqual(given);
  });

  it("is the image's only where there is a main process, and none where that is said", () => {
    expect(healthCheckOf(null, image, true)).toMatchObject({ argv: ['check'], endWhenUnhealthy: false });
    expect(healthCheckOf(null, image, false)).toBeUndefined();
    expect(healthCheckOf('none', image, true)).toBeUndefined();
    expect(healthCheckOf(null, { ...image, argv: null }, true)).toBeUndefined();
    expect(() => healthCheckOf(checkHealthCheck({ retries: 1 }), null, true)).toThrow('no health check of its own');
  });

  it.each([
    [{ command: '' }],
    [{ command: [] }],
    [{ command: ['a\0'] }],
    [{ intervalMs: 0 }],
    [{ retries: 1.5 }],
    [{ onUnhealthy: 'kill' }],
    [{ interval: 5 }],
    [5],
    [null],
  ])('refuses %j', (healthCheck) => {
    expect(() => boxConfig({ healthCheck } as unknown as BoxOptions)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
  });
});

describe('the restart policy', () => {
  it("has Docker's words", () => {
    expect(checkRestart(undefined)).toEqual(NO_RESTART);
    for (const word of ['no', 'on-failure', 'on-failure:3', 'unless-stopped'] as const)
      expect(formatRestart(checkRestart(word))).toBe(word);
    expect(() => checkRestart('always')).toThrow(expect.objectContaining({ code: 'Unsupported' }));
    for (const wrong of ['on-failure:0', 'on-failure:-1', 'on-failure:x', 'sometimes', 7])
      expect(() => checkRestart(wrong as 'no')).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
    expect(() => boxConfig({ restart: 'on-failure', autoRemove: true })).toThrow('autoRemove');
  });

  it.each<[string, Ending, boolean, boolean]>([
    ['no', 'crashed', true, false],
    ['on-failure', 'crashed', true, true],
    ['on-failure', 'lost', true, true],
    ['on-failure', 'main-ended', true, true],
    ['on-failure', 'main-ended', false, false],
    ['unless-stopped', 'main-ended', false, true],
    ['unless-stopped', 'idle', false, false],
    ['unless-stopped', 'unhealthy', true, false],
  ])('%s: after %s, failed: %s, restarts: %s', (policy, ending, failed, expected) => {
    expect(wantsRestart(checkRestart(policy as 'no'), 'stop', ending, { restarts: 9, failed })).toBe(expected);
  });

  it('ends after so many, and waits longer and longer', () => {
    const policy = checkRestart('on-failure:2');
    expect([0, 1, 2].map((restarts) => wantsRestart(policy, 'none', 'crashed', { restarts, failed: true }))).toEqual([true, true, false]);
    expect(wantsRestart(NO_RESTART, 'restart', 'unhealthy', { restarts: 0, failed: false })).toBe(true);
    expect([0, 1, 5, 100].map(restartDelay)).toEqual([100, 200, 3_200, 60_000]);
  });
});
