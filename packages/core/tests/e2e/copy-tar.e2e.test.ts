import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { debian, sh } from './support/boxes.js';
import { useBox } from './support/one-box.js';

describe('tar archives into a Box and out of it', () => {
  const here = useBox(debian);
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'boxlite-tar-'));
  });

  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('bring a tree in as tar(1) makes it, and out as tar(1) takes it', async () => {
    await mkdir(join(directory, 'tree/a/b'), { recursive: true });
    await writeFile(join(directory, 'tree/a/b/large'), Buffer.alloc(3_000_001, 'x'));
    await writeFile(join(directory, 'tree/a/tool'), '#!/bin/sh\n', { mode: 0o755 });
    execFileSync('sh', [
      '-c',
      'cd "$1/tree"; ln -s a/tool link; ln a/tool a/second; i=0; while [ $i -lt 300 ]; do echo $i > a/b/$i; i=$((i+1)); done',
      'sh',
      directory,
    ]);
    // #region tar
    const tar = spawn('tar', ['-c', '-C', directory, 'tree'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const copied = await here.box.copyTarIn(tar.stdout, '/srv');
    // #endregion
    expect(copied).toMatchObject({ entries: 307, skipped: 0 });
    expect(await sh(here.box, 'cd /srv/tree; stat -c "%a %h %U" a/tool; readlink link; find . | wc -l; wc -c < a/b/large')).toBe(
      '755 2 root\na/tool\n307\n3000001',
    );
    await mkdir(join(directory, 'out'));
    const untar = spawn('tar', ['-x', '-C', join(directory, 'out')], { stdio: ['pipe', 'inherit', 'inherit'] });
    const exit = once(untar, 'exit');
    await pipeline(here.box.copyTarOut('/srv/tree'), untar.stdin);
    expect(await exit).toEqual([0, null]);
    execFileSync('diff', ['-r', '--no-dereference', join(directory, 'tree'), join(directory, 'out/tree')]);
  });

  it('are unpacked only into a directory that exists', async () => {
    await expect(here.box.copyTarIn(Readable.from([]), '/no/such')).rejects.toMatchObject({ code: 'NotFound' });
    await expect(here.box.copyTarIn(Readable.from([]), '/etc/passwd')).rejects.toMatchObject({ reason: 'ENOTDIR' });
    await expect(here.box.copyTarOut('/no/such').toArray()).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('let go of the Box when nobody reads on', async () => {
    await sh(here.box, 'truncate -s 1T /root/endless');
    for await (const chunk of here.box.copyTarOut('/root/endless')) {
      expect((chunk as Buffer).length).toBeGreaterThan(0);
      break;
    }
    // More than can go on at the same time.
    for (let time = 0; time < 10; time += 1) {
      const [first] = await here.box.copyTarOut('/root/endless').take(1).toArray();
      expect(first).toBeDefined();
    }
    expect(await sh(here.box, 'echo there')).toBe('there');
  });
});
