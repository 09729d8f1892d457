import { fakeCli } from '../testing/fake-cli.js';

describe('boxlite export and import', () => {
  it('take paths as they are seen from here', async () => {
    const { boxlite, runtime, stdout } = fakeCli();
    await runtime.create({ name: 'web' });
    const path = '/here/web.boxlite';
    expect(await boxlite('export', 'web', 'web.boxlite')).toBe(0);
    expect(await boxlite('import', '--name', 'copy', 'web.boxlite')).toBe(0);
    expect(runtime.calls).toContainEqual(['export', '000000000010', path]);
    expect(runtime.calls).toContainEqual(['import', path]);
    expect(stdout.text).toBe(`${path}\n000000000011\n`);
    expect(runtime.boxes.at(-1)?.name).toBe('copy');
  });
});
