import { execFileSync } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Home } from './support/home.js';

describe('boxlite cp', () => {
  let home: Home;
  let directory: string;

  beforeAll(async () => {
    home = await Home.make();
    directory = await mkdtemp(join(tmpdir(), 'boxlite-cp-'));
    await mkdir(join(directory, 'tree/sub'), { recursive: true });
    await writeFile(join(directory, 'tree/file'), 'content\n');
    await writeFile(join(directory, 'tree/sub/deep'), 'deep\n');
    await symlink('tree', join(directory, 'link'));
    expect(await home.run(['run', '-d', '--name', 'web', '-m', '192m', '--', 'sleep', '1000'])).toMatchObject({ exitCode: 0 });
  });

  afterAll(async () => {
    await home[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  const here = (path = ''): string => join(directory, path);
  const cp = async (from: string, to: string, ...flags: string[]): Promise<string> => {
    const { exitCode, stderr } = await home.run(['cp', '-q', ...flags, from, to]);
    return exitCode === 0 ? 'copied' : `${String(exitCode)}: ${stderr}`;
  };
  /** Runs a shell script in the Box. */
  const box = async (script: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await home.run(['exec', 'web', 'sh', '-c', script]);
    if (exitCode !== 0) throw new Error(`'${script}' ended with ${String(exitCode)}: ${stderr}`);
    return stdout.trimEnd();
  };

  it('puts into the Box what docker cp would', async () => {
    const results = [
      // A name that does not exist becomes the source; a directory gets it under its own name.
      await cp(here('tree/file'), 'web:/new'),
      await cp(here('tree/file'), 'web:/root'),
      await cp(here('tree/file'), 'web:/root/'),
      await cp(here('tree'), 'web:/fresh'),
      await cp(here('tree'), 'web:/root'),
      await cp(`${here('tree')}/.`, 'web:/srv'),
      // A relative path in the Box begins at its root.
      await cp(here('tree/file'), 'web:relative'),
      // A file is replaced by a file; a link is copied as one unless it is to be followed.
      await cp(here('tree/sub/deep'), 'web:/new'),
      await cp(here('link'), 'web:/link'),
      await cp(here('link'), 'web:/followed', '-L'),
    ];
    expect(results).toEqual(results.map(() => 'copied'));
    expect(await box('cat /new; find /fresh /srv /root/tree -type f | sort; cat /root/file /relative; readlink /link; ls /followed')).toBe(
      [
        ...['deep', '/fresh/file', '/fresh/sub/deep', '/root/tree/file', '/root/tree/sub/deep', '/srv/file', '/srv/sub/deep'],
        ...['content', 'content', 'tree', 'file', 'sub'],
      ].join('\n'),
    );
  });

  it('takes out of the Box what docker cp would', async () => {
    await box('mkdir -p /out/sub; echo one > /out/one; echo two > /out/sub/two; ln -s one /out/link');
    await mkdir(here('into'));
    const results = [
      await cp('web:/out/one', here('one')),
      await cp('web:/out', here('made')),
      await cp('web:/out', here('into')),
      await cp('web:/out/.', `${here('into')}/`),
      await cp('web:/out/link', here('as-link')),
      await cp('web:/out/link', here('as-file'), '-L'),
    ];
    expect(results).toEqual(results.map(() => 'copied'));
    expect(await readFile(here('one'), 'utf8')).toBe('one\n');
    expect((await readdir(here('made'))).sort()).toEqual(['link', 'one', 'sub']);
    expect((await readdir(here('into'))).sort()).toEqual(['link', 'one', 'out', 'sub']);
    expect((await lstat(here('as-link'))).isSymbolicLink()).toBe(true);
    expect(await readFile(here('as-file'), 'utf8')).toBe('one\n');
  });

  it.each([
    ['a source that is not there', 'web:/no/such', 'x', /no\/such/],
    ['a parent that is not there', 'tree/file', 'web:/no/such/name', /no\/such/],
    ['a directory onto a file', 'tree', 'web:/etc/passwd', /etc\/passwd/],
    ['a file as a directory that is not there', 'tree/file', 'web:/nowhere/', /nowhere/],
    ['a file as a directory that is a file', 'tree/file', 'web:/etc/passwd/', /etc\/passwd/],
    ['a Box that is not there', 'tree/file', 'other:/x', /other/],
  ])('refuses %s, and leaves nothing', async (_, from, to, message) => {
    const at = (place: string): string => (place.includes(':') ? place : here(place));
    const before = (await readdir(here())).sort();
    expect(await cp(at(from), at(to))).toMatch(message);
    expect((await readdir(here())).sort()).toEqual(before);
    expect(
      await box('ls -d /no /nowhere 2>/dev/null; find / -xdev -name ".boxlite-*" 2>/dev/null; test -f /etc/passwd && echo there'),
    ).toBe('there');
  });

  it('copies archives, from stdin and to stdout', async () => {
    const archive = execFileSync('tar', ['-c', '-C', directory, 'tree']);
    await box('mkdir /unpacked');
    expect(await home.run(['cp', '-', 'web:/unpacked'], { input: archive })).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: 'copied 4 entries, 13B\n',
    });
    expect(await box('find /unpacked | sort | tr "\\n" " "; cat /unpacked/tree/sub/deep')).toBe(
      '/unpacked /unpacked/tree /unpacked/tree/file /unpacked/tree/sub /unpacked/tree/sub/deep deep',
    );
    const { bytes, exitCode } = await home.run(['cp', '-q', 'web:/unpacked/tree', '-']);
    expect(exitCode).toBe(0);
    await mkdir(here('tarred'));
    execFileSync('tar', ['-x', '-C', here('tarred')], { input: bytes });
    execFileSync('diff', ['-r', here('tree'), here('tarred/tree')]);
    expect(await home.run(['cp', '-', 'web:/no/such'], { input: archive })).toMatchObject({ exitCode: 125 });
    expect(await home.run(['cp', '-', 'web:/unpacked'], { input: 'no archive'.repeat(1000) })).toMatchObject({
      exitCode: 125,
      stderr: expect.stringContaining('no tar archive') as unknown,
    });
    // A reader that has had enough ends it.
    await box('head -c 20000000 /dev/zero > /root/large');
    expect(await home.shell('boxlite cp web:/root/large - | head -c 10 | wc -c')).toMatchObject({ stdout: '10\n' });
  });
});

describe('boxlite inspect --oci', () => {
  it("prints the container's config.json", async () => {
    await using home = await Home.make();
    await home.run(['create', '--name', 'web', '--pids-limit', '50', '--hostname', 'shown', '--ulimit', 'nofile=-1']);
    const { stdout, exitCode } = await home.run(['inspect', '--oci', 'web']);
    expect(exitCode).toBe(0);
    // Larger than a number of JavaScript.
    expect(stdout).toContain('"hard": 18446744073709551615');
    expect(JSON.parse(stdout)).toMatchObject({
      ociVersion: '1.0.2',
      hostname: 'shown',
      process: { args: [expect.stringMatching(/sh$/) as unknown], cwd: '/', terminal: false },
      linux: { resources: { pids: { limit: 50 } } },
    });
    expect((await home.run(['inspect', '--oci', 'nobody'])).exitCode).not.toBe(0);
  });
});
