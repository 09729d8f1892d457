import type { BoxliteRuntime, LiteBox } from '@boxlite/core';
import { debian, openRuntime, spawnBox } from './support/boxes.js';

describe('real software in a Debian Box', () => {
  let runtime: BoxliteRuntime;
  let box: LiteBox;

  beforeAll(async () => {
    runtime = await openRuntime();
    box = await spawnBox(runtime, debian());
  });

  afterAll(async () => {
    await box[Symbol.asyncDispose]();
    await runtime.close();
  });

  it('runs apt-get', async () => {
    expect((await box.run('apt-get', ['--version'], { check: true })).stdout).toMatch(/^apt \d/);
  });

  it('makes a repository and commits with git', async () => {
    const script = `set -e
      git init -q /root/repo && cd /root/repo
      git config user.email you@example.com && git config user.name You
      echo content > file && git add file && git commit -q -m first
      git fsck --strict && git log --format=%s`;
    expect((await box.run('sh', ['-c', script], { check: true })).stdout).toBe('first\n');
  });

  it('imports a C extension of Python', async () => {
    const script =
      'import markupsafe._speedups as s, ctypes, sqlite3; print(s.__file__.endswith(".so"), sqlite3.connect(":memory:").execute("select 6*7").fetchone()[0])';
    expect((await box.run('python3', ['-c', script], { check: true })).stdout).toBe('True 42\n');
  });

  it('writes a sparse file of 2 GiB', async () => {
    const script =
      'truncate -s 2G /root/sparse && printf end | dd of=/root/sparse bs=1 seek=2147483645 conv=notrunc status=none && stat -c "%s" /root/sparse && tail -c 3 /root/sparse && du -k /root/sparse | cut -f1';
    const [size, tail] = (await box.run('sh', ['-c', script], { check: true })).stdout.split('\n');
    expect(size).toBe('2147483648');
    expect(tail?.startsWith('end')).toBe(true);
  });

  it('forks and reaps without leaving zombies', async () => {
    await box.run('sh', ['-c', 'for i in 1 2 3 4 5 6 7 8; do (sleep 0.05 &) ; done; sleep 0.3'], { check: true });
    expect((await box.run('sh', ['-c', 'cat /proc/[0-9]*/status | grep -c "State:.Z"'])).stdout.trim()).toBe('0');
  });
});
