import { fakeCli } from '../testing/fake-cli.js';

describe('boxlite events', () => {
  it('prints a line for each, harmless to a terminal, and opens no runtime', async () => {
    const { boxlite, stdout, opened } = fakeCli();
    expect(await boxlite('events', '--filter', 'type=box')).toBe(0);
    expect(stdout.text).toBe(
      '2026-01-01T00:00:01.000Z box created 000000000010\n' +
        '2026-01-01T00:00:02.000Z box exec-ended 000000000010 (exec=x?[31m , exitCode=3)\n',
    );
    expect(opened).toEqual([]);
  });

  it('prints JSON', async () => {
    const { boxlite, stdout } = fakeCli();
    expect(await boxlite('events', '--json', '--filter', 'event=pulled')).toBe(0);
    expect(JSON.parse(stdout.text)).toMatchObject({ type: 'image', action: 'pulled', attributes: { bytes: 7 } });
  });
});
