import { FileEventType } from '@boxlite/shared/protocol';

import { startFakeAgent } from '../testing/fake-agent.js';
import { readFileEvent } from './file-event.js';

const created = (path: string) => ({ type: FileEventType.FILE_EVENT_TYPE_CREATED, path: Buffer.from(path) });

describe('a watch', () => {
  it('begins with its first message, and tells events in order until it ends', async () => {
    await using agent = await startFakeAgent({
      files: {
        watch: (call) => {
          call.write({ events: [] });
          call.write({ events: [created('a'), created('b')] });
          call.write({ events: [created('c')] });
          call.end();
        },
      },
    });
    const seen: string[] = [];
    for await (const { type, path } of await agent.session.files.watch('/x')) seen.push(`${type} ${path}`);
    expect(seen).toEqual(['create a', 'create b', 'create c']);
  });

  it('ends in the guest when the loop is left, or the signal fires', async () => {
    let cancelled = 0;
    let wake: () => void = () => undefined;
    await using agent = await startFakeAgent({
      files: {
        watch: (call) => {
          call.write({ events: [] });
          call.write({ events: [created('a')] });
          call.on('cancelled', () => {
            cancelled += 1;
            wake();
          });
        },
      },
    });
    const next = () => new Promise<void>((resolve) => (wake = resolve));
    let seen = next();
    for await (const _event of await agent.session.files.watch('/x')) break;
    await seen;
    seen = next();
    const abort = new AbortController();
    const watch = await agent.session.files.watch('/x', { signal: abort.signal });
    const wait = (async () => {
      for await (const _event of watch) abort.abort();
    })();
    await expect(wait).rejects.toMatchObject({ name: 'AbortError' });
    await seen;
    expect(cancelled).toBe(2);
  });

  it.each(['../x', 'a/../b', '/a', 'a//b', './a', 'a\0'])('takes no path such as %j', async (path) => {
    expect(readFileEvent(created(path))).toBeUndefined();
    await using agent = await startFakeAgent({
      files: {
        watch: (call) => {
          call.write({ events: [] });
          call.write({ events: [created(path)] });
        },
      },
    });
    const [watch] = [await agent.session.files.watch('/x')];
    await expect(watch[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'Portal', reason: 'protocol-violation' });
  });
});
