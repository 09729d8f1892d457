import { probeKvm } from './probe-kvm.js';

test('the probe always says why', async () => {
  const { usable, reason } = await probeKvm();
  expect(reason).toMatch(usable ? /right answer/ : /\/dev\/kvm/);
});

test('it leaves no process behind', async () => {
  await Promise.all([probeKvm({ timeoutMs: 500 }), probeKvm({ timeoutMs: 500 }), probeKvm({ timeoutMs: 1 })]);
  const { readFileSync, readdirSync } = await import('node:fs');
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1];
      } catch {
        return undefined;
      }
    });
  expect(parents).not.toContain(`${process.pid}`);
});

test.each([0, -1, 1.5, Number.NaN, 60_001])('a timeout of %p ms is refused', async (timeoutMs) => {
  await expect(probeKvm({ timeoutMs })).rejects.toMatchObject({ code: 'InvalidArgument' });
});
