import { fakeCli } from '../testing/fake-cli.js';

const EMBEDDED = 'boxlite.local/busybox:latest';

describe('boxlite create', () => {
  it.each([
    [['--', 'sh', '-c', 'x'], EMBEDDED, ['sh', '-c', 'x']],
    [['--name', 'web', '--', 'sh'], EMBEDDED, ['sh']],
    [['debian:12', '--', 'sh'], 'debian:12', ['sh']],
    [['debian:12', 'ls', '--', 'x'], 'debian:12', ['ls', '--', 'x']],
    [['debian:12'], 'debian:12', undefined],
    [[], EMBEDDED, undefined],
  ])('%j takes %s', async (args, image, cmd) => {
    const { boxlite, runtime } = fakeCli();
    expect(await boxlite('create', ...args)).toBe(0);
    const [, options] = runtime.calls.find(([call]) => call === 'create') as [string, { image?: string; cmd?: string[] }];
    expect([options.image ?? EMBEDDED, options.cmd]).toEqual([image, cmd]);
  });
});
