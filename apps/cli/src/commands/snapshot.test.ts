import { fakeCli } from '../testing/fake-cli.js';

const withBox = async (options: { detach?: boolean } = { detach: true }) => {
  const cli = fakeCli();
  const box = await cli.runtime.create({ name: 'web', ...options });
  await box.start();
  await box.snapshots.create('warm');
  return { ...cli, box };
};

describe('boxlite snapshot', () => {
  it('lists what is kept', async () => {
    const { boxlite, stdout, box } = await withBox();
    box.info_.status = 'stopped';
    expect(await boxlite('snapshot', 'create', 'web', 'cold')).toBe(0);
    expect(stdout.text).toBe('cold\n');
    stdout.chunks.length = 0;
    await boxlite('snapshot', 'ls', 'web');
    expect(stdout.text).toBe(
      'SNAPSHOT   CREATED         KEEPS             MEMORY SIZE\n' +
        'cold       3 minutes ago   disk                        -\n' +
        'warm       3 minutes ago   disk and memory         3.4MB\n',
    );
    stdout.chunks.length = 0;
    await boxlite('snapshot', 'ls', '-q', 'web');
    expect(stdout.text).toBe('cold\nwarm\n');
    stdout.chunks.length = 0;
    await boxlite('snapshot', 'ls', '--json', 'web');
    expect(JSON.parse(stdout.text)).toMatchObject([{ name: 'cold' }, { name: 'warm', memory: true, sizeBytes: 3_400_000 }]);
  });

  it('restores with memory or without', async () => {
    const { boxlite, runtime, stdout } = await withBox();
    expect(await boxlite('snapshot', 'restore', 'web', 'warm')).toBe(0);
    expect(await boxlite('snapshot', 'restore', '--disk-only', 'web', 'warm')).toBe(0);
    expect(runtime.calls.filter(([call]) => call === 'restore').map(([, , , options]) => options)).toEqual([
      { memory: true },
      { memory: false },
    ]);
    expect(stdout.text).toBe('web\nweb\n');
  });

  it('starts nothing that would end with the command', async () => {
    const { boxlite, runtime, stderr } = await withBox({});
    expect(await boxlite('snapshot', 'restore', 'web', 'warm')).toBe(125);
    expect(stderr.text).toMatch(/cannot outlive a command\n.*--disk-only/);
    expect(runtime.calls.some(([call]) => call === 'restore')).toBe(false);
    expect(await boxlite('snapshot', 'restore', '--disk-only', 'web', 'warm')).toBe(0);
  });

  it('removes several, and says which are not there', async () => {
    const { boxlite, box, stdout, stderr } = await withBox();
    expect(await boxlite('snapshot', 'rm', 'web', 'nope', 'warm')).toBe(125);
    expect([stdout.text, stderr.text, box.kept]).toEqual([
      'warm\n',
      "boxlite: there is no snapshot 'nope'; 'boxlite snapshot ls' shows those that exist\n",
      [],
    ]);
  });

  it('is taken back when a signal comes', async () => {
    const { boxlite, box, send } = await withBox();
    box.starting = new Promise((resolve) => {
      setTimeout(() => {
        send('SIGTERM');
        resolve();
      }, 10);
    });
    expect(await boxlite('snapshot', 'create', 'web', 'late')).toBe(143);
    expect(box.kept.map(({ name }) => name)).toEqual(['warm']);
  });
});
