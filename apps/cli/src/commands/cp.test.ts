import { Readable } from 'node:stream';
import { fakeCli } from '../testing/fake-cli.js';

const withBox = async () => {
  const cli = fakeCli();
  await cli.runtime.create({ name: 'web', detach: true });
  return cli;
};

describe('boxlite cp', () => {
  it('copies in either direction, and says how much', async () => {
    const { boxlite, runtime, stderr, stdout } = await withBox();
    expect(await boxlite('cp', '-a', 'site/.', 'web:/srv')).toBe(0);
    expect(await boxlite('cp', '-L', 'web:etc/', './a:b')).toBe(0);
    expect(runtime.calls.slice(-2)).toMatchObject([
      ['copyIn', '/here/site/.', '/srv', { archive: true }],
      ['copyOut', '/etc/', '/here/./a:b', { followLink: true }],
    ]);
    expect(stderr.text).toBe('copied 1 entry, 5B\ncopied 2 entries, 1.23kB; sockets were left out: 1\n');
    expect(stdout.text).toBe('');
  });

  it('copies archives from stdin and to stdout', async () => {
    const { boxlite, runtime, stdout, stderr } = fakeCli({ stdinKind: 'stream', stdin: Readable.from([Buffer.from('archive')]) });
    await runtime.create({ name: 'web', detach: true });
    expect(await boxlite('cp', '-a', '-', 'web:/srv')).toBe(0);
    expect(await boxlite('cp', 'web:/etc/.', '-')).toBe(0);
    expect(runtime.calls.slice(-2)).toMatchObject([
      ['copyTarIn', '/srv', { archive: true }],
      ['copyTarOut', '/etc/.', {}],
    ]);
    expect(stdout.text).toBe('an archive');
    expect(stderr.text).toBe('copied 1 entry, 7B\ncopied 2 entries, 1.23kB\n');
  });

  it('neither types archives nor shows them', async () => {
    const cli = fakeCli({ stdinKind: 'terminal' });
    await cli.runtime.create({ name: 'web', detach: true });
    Object.assign(cli.stdout, { isTTY: true });
    expect(await cli.boxlite('cp', '-', 'web:/srv')).toBe(125);
    expect(await cli.boxlite('cp', 'web:/srv', '-')).toBe(125);
    expect(await cli.boxlite('cp', '-', '-')).toBe(125);
    expect(cli.stderr.text).toMatch(/cannot be typed[^]*not for a terminal[^]*Neither SRC nor DEST/);
    expect(cli.runtime.calls.filter(([call]) => String(call).startsWith('copy'))).toEqual([]);
  });

  it('is quiet when it is told so', async () => {
    const { boxlite, stderr } = await withBox();
    expect(await boxlite('cp', '-q', 'x', 'web:/')).toBe(0);
    expect(stderr.text).toBe('');
  });

  it.each([
    [['a', 'b'], /Neither SRC nor DEST is in a Box/],
    [['web:/a', 'web:/b'], /copy twice/],
    [['no-such:/a', 'b'], /there is no Box 'no-such'/],
  ])('refuses %j', async (args, message) => {
    const { boxlite, stderr } = await withBox();
    expect(await boxlite('cp', ...args)).toBe(125);
    expect(stderr.text).toMatch(message);
  });
});
