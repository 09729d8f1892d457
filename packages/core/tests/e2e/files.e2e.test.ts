import { Readable } from 'node:stream';
import type { BoxliteRuntime, FileEvent, LiteBox } from '@boxlite/core';
import { debian, openRuntime, sh, spawnBox } from './support/boxes.js';

describe('files of a Box', () => {
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

  it('grow at their end', async () => {
    await box.files.append('/log', 'one\n');
    await box.files.append('/log', Readable.from(['two\n', 'three\n']));
    await sh(box, 'echo four >>/log; chmod 600 /log; ln -s log /to-log');
    await box.files.append('/to-log', Buffer.from('five\n'));
    expect((await box.files.read('/log')).toString()).toBe('one\ntwo\nthree\nfour\nfive\n');
    expect(await box.files.stat('/log')).toMatchObject({ mode: 0o600 });
    await expect(box.files.append('/tmp', 'x')).rejects.toMatchObject({ reason: 'EISDIR' });
    await expect(box.files.append('/no/where', 'x')).rejects.toMatchObject({ code: 'NotFound' });
  });

  /** Takes events until one is as wanted. */
  const until = async (events: AsyncIterator<FileEvent>, wanted: string): Promise<string[]> => {
    const seen: string[] = [];
    for (;;) {
      const next = await events.next();
      if (next.done === true) throw new Error(`the events ended before '${wanted}': ${seen.join(', ')}`);
      seen.push(`${next.value.type} ${next.value.path}`);
      if (seen.at(-1) === wanted) return seen;
    }
  };

  it('are watched in a directory', async () => {
    await sh(box, 'mkdir -p /watched/sub && ln -s /watched /to-watched');
    const events = (await box.files.watch('/to-watched'))[Symbol.asyncIterator]();
    await sh(box, 'cd /watched; echo x >a; mv a b; chmod 600 b; rm b; echo not-seen >sub/c; echo >end');
    const seen = await until(events, 'create end');
    expect(seen).toEqual(expect.arrayContaining(['create a', 'change a', 'remove a', 'create b', 'attributes b', 'remove b']));
    expect(seen.indexOf('create a')).toBeLessThan(seen.indexOf('remove a'));
    expect(seen.some((event) => event.includes('sub/'))).toBe(false);
    await events.return?.();
  });

  it('are watched in all directories below, also in new ones, and no more in those that were moved away', async () => {
    await sh(box, 'mkdir -p /deep/a/b /elsewhere');
    const events = (await box.files.watch('/deep', { recursive: true }))[Symbol.asyncIterator]();
    await sh(box, 'echo >/deep/a/b/old; mkdir -p /deep/new/x/y; echo >/deep/new/x/y/file');
    await until(events, 'create new/x/y/file');
    await sh(box, 'echo >/deep/new/x/later');
    await until(events, 'create new/x/later');
    await sh(box, 'mv /deep/a /elsewhere; touch /elsewhere/a/b/unseen; mv /deep/new /deep/moved; echo >/deep/moved/x/y/again');
    const seen = await until(events, 'create moved/x/y/again');
    expect(seen).toEqual(expect.arrayContaining(['remove a', 'remove new', 'create moved']));
    expect(seen.join()).not.toContain('unseen');
    await events.return?.();
  });

  it('are watched one by one, until they are gone', async () => {
    await box.files.write('/single', '1');
    const watch = await box.files.watch('/single');
    const seen: string[] = [];
    const all = (async () => {
      for await (const { type, path } of watch) seen.push(`${type} ${path}`);
    })();
    await sh(box, 'echo >>/single; rm /single');
    await all;
    expect(seen[0]).toBe('change ');
    expect(seen.at(-1)).toBe('remove ');
    await expect(box.files.watch('/single')).rejects.toMatchObject({ code: 'NotFound', reason: 'ENOENT' });
  });

  it('are watched by many, but not by any number', async () => {
    const watches = await Promise.all(Array.from({ length: 32 }, () => box.files.watch('/etc')));
    await expect(box.files.watch('/etc')).rejects.toMatchObject({ code: 'ResourceExhausted', reason: 'too-many-watches' });
    for (const watch of watches) for await (const _event of touched(watch)) break;
  });

  /** Events, of which there is one at once. */
  const touched = async function* (watch: AsyncIterable<FileEvent>): AsyncGenerator<FileEvent> {
    await sh(box, 'touch /etc/passwd');
    yield* watch;
  };

  it('tell a watcher who looks too late that events are lost', async () => {
    await sh(box, 'mkdir -p /busy');
    const abort = new AbortController();
    const late = (await box.files.watch('/busy', { signal: abort.signal }))[Symbol.asyncIterator]();
    // More, and longer, than the connection and the guest's kernel hold together.
    const program = "import os\np = '/busy/' + 250 * 'x'\nfor i in range(16000): os.close(os.open(p, os.O_CREAT)); os.unlink(p)";
    await box.run('python3', ['-c', program], { check: true });
    await until(late, 'overflow ');
    abort.abort();
    await expect(late.next()).rejects.toMatchObject({ name: 'AbortError' });
  });
});
