import { mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BoxliteRuntime } from '@boxlite/core';
import { debian, openRuntime, sh, spawnBox } from './support/boxes.js';
import { deferred } from './support/deferred.js';
import { hostDirectory, noHostVolumes } from './support/host-volumes.js';

const SECRET = 'what no Box may know\n';

describe('what is outside of a volume', () => {
  let runtime: BoxliteRuntime;
  let skipped: string | undefined;

  beforeAll(async () => {
    runtime = await openRuntime();
    skipped = await noHostVolumes(runtime);
    if (skipped !== undefined) process.stderr.write(`skipped: volumes of the host: ${skipped}\n`);
  });
  afterAll(() => runtime.close());

  it('is out of reach of a guest that speaks to the host by itself, and what is read-only stays as it is', async () => {
    if (skipped !== undefined) return;
    await using host = await hostDirectory();
    await mkdir(host.at('rw/d/e'), { recursive: true });
    await mkdir(host.at('ro'));
    await Promise.all([
      writeFile(host.at('secret'), SECRET),
      writeFile(host.at('rw/file'), 'a file\n'),
      writeFile(host.at('ro/kept'), 'kept\n'),
      writeFile(host.at('single'), 'single\n'),
      symlink('../secret', host.at('rw/link')),
      symlink(host.at('secret'), host.at('rw/absolute')),
      symlink('..', host.at('rw/dirlink')),
      symlink('../created', host.at('rw/dangling')),
    ]);
    await using box = await spawnBox(runtime, {
      ...debian(),
      capabilities: { add: ['ALL'] },
      volumes: [
        { hostPath: host.at('rw'), boxPath: '/rw' },
        { hostPath: host.at('ro'), boxPath: '/ro', readOnly: true },
        { hostPath: host.at('single'), boxPath: '/single', readOnly: true },
      ],
    });
    const program = await readFile(join(__dirname, 'support/raw-9p.py'), 'utf8');
    const { stdout } = await box.run('python3', ['-c', program], { check: true, timeoutMs: 120_000 });
    const results = JSON.parse(stdout) as Record<string, unknown>;
    const all = ['0', '1', '2'];
    const refused = expect.stringMatching(/^E[A-Z]+$/) as unknown;
    expect(results).toEqual({
      root: all,
      'above the root': all,
      'far above the root': all,
      'above a volume': all,
      'step by step': all,
      'a path as a name': refused,
      'an absolute path as a name': refused,
      'an empty name': refused,
      'a name with a NUL': expect.anything() as unknown,
      'a link out': refused,
      'an absolute link out': refused,
      'through a link': refused,
      'through a link and up': expect.anything() as unknown,
      'attach elsewhere': expect.anything() as unknown,
      'make a link and open it': refused,
      'create above': refused,
      'create through a link': refused,
      'create on a link out': refused,
      'create in the root': refused,
      'make a directory above': refused,
      'rename out': refused,
      'rename to the root': refused,
      'rename a volume': refused,
      'remove a volume': refused,
      'remove above': refused,
      'link into the other volume': refused,
      'up from a moved directory': expect.anything() as unknown,
      'a device': refused,
      'set-user-id': refused,
      'create with set-user-id': refused,
      'read what is read-only': 'kept\n',
      'write to what is read-only': 'EROFS',
      'truncate what is read-only': 'EROFS',
      'resize what is read-only': 'EROFS',
      'change the mode of what is read-only': 'EROFS',
      'create in what is read-only': 'EROFS',
      'remove from what is read-only': 'EROFS',
      'write to a read-only file': 'EROFS',
      'write to a file': '07000000',
    });
    // What is found above anything is the share, or the volume.
    for (const name of ['a name with a NUL', 'through a link and up', 'attach elsewhere', 'up from a moved directory'])
      expect(String(results[name])).not.toMatch(/secret|passwd|single/);
    expect(stdout).not.toContain(SECRET.trim());
    expect((await readdir(host.path)).sort()).toEqual(['ro', 'rw', 'secret', 'single']);
    expect(await readdir(host.at('ro'))).toEqual(['kept']);
    expect(await readFile(host.at('ro/kept'), 'utf8')).toBe('kept\n');
    expect(await readFile(host.at('secret'), 'utf8')).toBe(SECRET);
    expect(await readFile(host.at('rw/file'), 'utf8')).toBe('written');
    expect((await stat(host.at('rw/file'))).mode & 0o7000).toBe(0);
  });

  it('is out of reach while the host renames what the Box looks at', async () => {
    if (skipped !== undefined) return;
    await using host = await hostDirectory();
    await mkdir(host.at('rw/d'), { recursive: true });
    await mkdir(host.at('outside'));
    await writeFile(host.at('outside/name'), SECRET);
    await writeFile(host.at('rw/d/name'), 'inside\n');
    await symlink(host.at('outside'), host.at('rw/l'));
    await using box = await spawnBox(runtime, { volumes: [{ hostPath: host.at('rw'), boxPath: '/rw' }] });
    const watch = await box.exec('sh', ['-c', 'while [ ! -e /rw/stop ]; do cat /rw/d/name /rw/l/name 2>/dev/null; done']);
    const looking = deferred();
    const seen: Promise<string> = (async () => {
      let text = '';
      for await (const chunk of watch.stdout) {
        text += String(chunk);
        looking.resolve();
      }
      return text;
    })();
    await looking.promise;
    for (let round = 0; round < 2_000; round += 1) {
      // Now a directory, now a link: under the same name, while the Box is on its way through it.
      await rename(host.at('rw/d'), host.at('rw/t'));
      await rename(host.at('rw/l'), host.at('rw/d'));
      await rename(host.at('rw/t'), host.at('rw/l'));
    }
    await writeFile(host.at('rw/stop'), '');
    await watch.wait();
    const lines = new Set((await seen).trim().split('\n'));
    expect([...lines]).toEqual(['inside']);
  });

  it('is not what links in the Box lead to', async () => {
    if (skipped !== undefined) return;
    await using host = await hostDirectory();
    await mkdir(host.at('rw'));
    await writeFile(host.at('secret'), SECRET);
    await symlink(host.at('secret'), host.at('rw/link'));
    await using box = await spawnBox(runtime, { volumes: [{ hostPath: host.at('rw'), boxPath: '/rw' }] });
    // Followed by the Box's kernel, in the Box's own tree.
    expect(await sh(box, 'cat /rw/link 2>&1 || ls -d /rw/.. ; cat /rw/../../../etc/hostname')).toContain(box.id);
    expect(await sh(box, 'ln -s / /rw/root; cat /rw/root/etc/hostname')).toBe(box.id);
    await expect(box.files.read('/rw/link')).rejects.toMatchObject({ code: 'NotFound' });
  });
});
