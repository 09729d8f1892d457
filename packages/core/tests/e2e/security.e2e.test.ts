import { execFileSync } from 'node:child_process';
import type { BoxOptions } from '@boxlite/core';
import { inAnotherProcess } from './support/another-process.js';
import { openRuntime, sharedHome, spawnBox } from './support/boxes.js';
import { itLeavesNothing } from './support/leaks.js';

/** Runs a command where nobody may make a user namespace, as on a host that refuses them to all. */
const WITHOUT_USER_NAMESPACES = [
  ...['unshare', '--user', '--map-root-user', 'sh', '-c'],
  'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"',
  'sh',
];

const PROGRAM = `
  import { BoxliteRuntime } from '@boxlite/core';
  process.removeAllListeners('warning').on('warning', ({ code }) => warnings.push(code));
  const warnings = [];
  const home = process.argv.at(-1);
  const attempt = async (runtime, options) => {
    const box = await runtime.create(options);
    try {
      const { stdout } = await box.run('echo', ['runs']);
      return stdout.trim();
    } catch ({ code, reason, message }) {
      return { code, reason, message, status: (await box.info()).status };
    } finally {
      await box.remove({ force: true });
    }
  };
  const outcomes = {};
  const runtime = await BoxliteRuntime.open({ home });
  Object.assign(outcomes, (await runtime.system()).jail);
  outcomes.strict = await attempt(runtime, { security: 'strict' });
  outcomes.others = await attempt(runtime, { security: ['seccomp', 'mount-namespace'] });
  await runtime.close();
  const strict = await BoxliteRuntime.open({ home, security: 'strict' });
  outcomes.runtime = await attempt(strict, {});
  await strict.close();
  console.log(JSON.stringify({ ...outcomes, warnings }));
`;

const canRefuse = (): boolean => {
  const [command = '', ...args] = WITHOUT_USER_NAMESPACES;
  try {
    execFileSync(command, [...args, 'sh', '-c', '! unshare --user true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

describe('the jail of a Box', () => {
  it('has each layer that the host offers, and can be required to', async () => {
    await using runtime = await openRuntime();
    // There is no limit of memory for a Box whose disk is in memory.
    const offered = (await runtime.system()).jail.layers.filter((layer) => layer !== 'cgroup-memory');
    await using box = await spawnBox(runtime, {
      security: offered.filter((layer) => /namespace$|^landlock$|^seccomp$|^cgroup-/.test(layer)) as NonNullable<BoxOptions['security']>,
    });
    await box.start();
    expect((await box.info()).jail?.filter((layer) => layer !== 'cgroup-memory')).toEqual(offered);
  });
});

describe("security 'strict'", () => {
  const itWhereRefused = canRefuse() ? it : it.skip;

  itWhereRefused('refuses to start a Box without a layer that the host refuses; by default it starts, with a warning', async () => {
    const said = JSON.parse(await inAnotherProcess(PROGRAM, [sharedHome()], WITHOUT_USER_NAMESPACES)) as Record<string, unknown>;
    const refused = {
      code: 'Unsupported',
      reason: 'jail-incomplete',
      message: expect.stringMatching(/requires: user-namespace\. .*max_user_namespaces/) as string,
      status: 'failed',
    };
    expect(said).toMatchObject({ strict: refused, runtime: refused, others: 'runs', warnings: ['BOXLITE_JAIL'] });
    expect(said['layers']).not.toContain('user-namespace');
    expect(said['missing']).toContainEqual({
      layers: expect.arrayContaining(['user-namespace']) as string[],
      advice: expect.stringContaining('max_user_namespaces') as string,
    });
  });
});

itLeavesNothing(sharedHome);
