import { fakeCli } from '../testing/fake-cli.js';

const withBox = async (options: { detach?: boolean } = { detach: true }) => {
  const cli = fakeCli();
  const box = await cli.runtime.create({ name: 'web', ...options });
  await box.start();
  return { ...cli, box };
};

describe('boxlite clone', () => {
  it('prints the ids of the clones', async () => {
    const { boxlite, runtime, stdout } = await withBox();
    expect(await boxlite('clone', '--count', '2', '--name', 'worker', 'web')).toBe(0);
    expect(runtime.calls).toContainEqual(['clone', '000000000010', { count: 2, name: 'worker' }]);
    expect(stdout.text).toBe('000000000011\n000000000012\n');
  });

  it('leaves no clone when a signal comes', async () => {
    const { boxlite, runtime, box, send, stdout, stderr } = await withBox();
    box.starting = new Promise((resolve) => {
      setTimeout(() => {
        send('SIGINT');
        resolve();
      }, 10);
    });
    expect(await boxlite('clone', '--count', '3', 'web')).toBe(130);
    expect([stdout.text, stderr.text, runtime.boxes.length, runtime.hurried]).toEqual(['', '', 1, true]);
  });

  it('makes none that would end with the command', async () => {
    const { boxlite, runtime, box, stderr } = await withBox({});
    await box.snapshots.create('warm');
    expect(await boxlite('clone', '--snapshot', 'warm', 'web')).toBe(125);
    expect(stderr.text).toMatch(/^boxlite: Box web was made by 'boxlite run' and cannot outlive a command\n.*without --snapshot\.\n$/);
    expect(runtime.boxes).toHaveLength(1);
  });
});
