import { fakeCli } from '../testing/fake-cli.js';

const withBox = async () => {
  const cli = fakeCli();
  const box = await cli.runtime.create({ name: 'web', detach: true });
  await box.start();
  return { ...cli, box };
};

describe('boxlite pause', () => {
  it('is shown by ps, without --all', async () => {
    const { boxlite, stdout } = await withBox();
    expect(await boxlite('pause', 'web')).toBe(0);
    await boxlite('ps');
    expect(stdout.text).toMatch(/^web\n.*\n0{10}10 .* Up 4 minutes \(paused\) /);
    stdout.chunks.length = 0;
    await boxlite('ps', '-q', '--filter', 'status=paused');
    expect(stdout.text).toBe('000000000010\n');
  });

  it.each(['unpause', 'resume'])('ends with %s', async (command) => {
    const { boxlite, box } = await withBox();
    await boxlite('pause', 'web');
    expect(await boxlite(command, 'web')).toBe(0);
    expect(box.info_.status).toBe('running');
  });

  it('is done to the rest when one does not run', async () => {
    const { boxlite, runtime, box, stdout, stderr } = await withBox();
    await runtime.create({ name: 'idle' });
    expect(await boxlite('pause', 'idle', 'web')).toBe(125);
    expect([stdout.text, box.info_.status]).toEqual(['web\n', 'paused']);
    expect(stderr.text).toMatch(/^boxlite: Box \d+ is stopped;/);
  });
});
