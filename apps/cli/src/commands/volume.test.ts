import { fakeCli } from '../testing/fake-cli.js';

describe('boxlite volume', () => {
  it('makes, lists, shows and removes volumes', async () => {
    const { boxlite, stdout } = fakeCli();
    expect(await boxlite('volume', 'create', '--size', '1g', '-l', 'tier=db', 'data')).toBe(0);
    expect(stdout.text).toBe('data\n');
    stdout.chunks.length = 0;
    await boxlite('volume', 'ls');
    expect(stdout.text).toBe('VOLUME   CREATED          LIMIT   ON DISK   BOXES\n' + 'data     3 minutes ago   1.07GB     140kB   -\n');
    stdout.chunks.length = 0;
    await boxlite('volume', 'inspect', 'data');
    expect(JSON.parse(stdout.text)).toMatchObject([{ name: 'data', sizeMib: 1024, labels: { tier: 'db' } }]);
    stdout.chunks.length = 0;
    expect(await boxlite('volume', 'rm', 'data')).toBe(0);
    await boxlite('volume', 'prune');
    expect(stdout.text).toBe('data\nfreed 0B\n');
  });

  it('says what there is not', async () => {
    const { boxlite, stderr } = fakeCli();
    expect(await boxlite('volume', 'rm', 'nope')).toBe(125);
    expect(stderr.text).toBe("boxlite: there is no volume 'nope'; 'boxlite volume ls' shows those that exist\n");
  });

  it('gives a Box its volumes', async () => {
    const { boxlite, runtime } = fakeCli();
    expect(await boxlite('run', '-v', 'data:/data', '--mount', 'type=bind,source=/src,target=/src,readonly', '--', 'true')).toBe(0);
    expect(runtime.calls.find(([call]) => call === 'create')).toMatchObject([
      'create',
      {
        volumes: [
          { name: 'data', boxPath: '/data', readOnly: false },
          { hostPath: '/src', boxPath: '/src', readOnly: true },
        ],
      },
    ]);
  });
});
