import { once } from 'node:events';

import { BoxliteError } from '@boxlite/shared';
import { failedBy } from '@boxlite/shared/testing';

import { startFakeAgent } from '../testing/fake-agent.js';

const OUT = { follow: false, archive: false };

const messages = async function* (...batches: (readonly Buffer[])[]): AsyncGenerator<readonly Buffer[]> {
  for (const batch of batches) yield await Promise.resolve(batch);
};

describe('copies over the session', () => {
  it('hands over every message, and gets every message, in order', async () => {
    await using agent = await startFakeAgent();
    const sent = Array.from({ length: 50 }, (_, i) => Buffer.alloc(i * 3000, i));
    const receipt = await agent.session.copyIn('/x', { owner: undefined, messages: messages(sent.slice(0, 20), sent.slice(20)) });
    expect(receipt).toEqual({ entries: 50, bytes: Buffer.concat(sent).length, lostXattrs: 0 });
    const got: Buffer[] = [];
    for await (const batch of agent.session.copyOut('/x', OUT)) got.push(...batch);
    // Not by Jest, which compares bytes one by one.
    expect(got.map(({ length }) => length)).toEqual(sent.map(({ length }) => length));
    expect(Buffer.concat(got).equals(Buffer.concat(sent))).toBe(true);
  });

  it('ends a copy whose source fails, with what the source failed with', async () => {
    let cancelled: () => void = () => undefined;
    const seen = new Promise<void>((resolve) => (cancelled = resolve));
    await using agent = await startFakeAgent({
      copy: {
        in: (call) => {
          call.on('error', () => undefined);
          call.on('data', () => undefined);
          call.on('cancelled', cancelled);
        },
      },
    });
    const failing = async function* () {
      yield await Promise.resolve([Buffer.from('x')]);
      throw new BoxliteError('Storage', 'the disk broke', { reason: 'EIO' });
    };
    await expect(agent.session.copyIn('/x', { owner: undefined, messages: failing() })).rejects.toMatchObject({ reason: 'EIO' });
    await seen;
  });

  it('asks for no more when the guest has refused', async () => {
    await using agent = await startFakeAgent({
      copy: {
        in: (call, callback) => {
          call.once('data', () => {
            callback(
              failedBy(new BoxliteError('ResourceExhausted', "cannot write '/x/y': No space left on device", { reason: 'ENOSPC' })),
              null,
            );
          });
          call.on('error', () => undefined);
        },
      },
    });
    let asked = 0;
    const endless = async function* () {
      for (;;) {
        asked += 1;
        yield await new Promise<readonly Buffer[]>((resolve) => setImmediate(resolve, [Buffer.alloc(100_000)]));
      }
    };
    await expect(agent.session.copyIn('/x', { owner: undefined, messages: endless() })).rejects.toMatchObject({ reason: 'ENOSPC' });
    const then = asked;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(asked).toBeLessThanOrEqual(then + 1);
  });

  it('says when the call is over to a source that waits for something to send', async () => {
    await using agent = await startFakeAgent();
    const over = new AbortController();
    const waiting = async function* () {
      yield [Buffer.from('x')];
      agent.portal.cut();
      await once(over.signal, 'abort');
    };
    const onOver = (): void => {
      over.abort();
    };
    const copying = agent.session.copyIn('/x', { owner: undefined, messages: waiting(), onOver });
    await expect(copying).rejects.toMatchObject({ reason: 'connection-lost' });
  });

  it('holds back a guest that sends more than is taken, and lets it go when nobody wants the rest', async () => {
    let written = 0;
    let cancelled: () => void = () => undefined;
    const seen = new Promise<void>((resolve) => (cancelled = resolve));
    await using agent = await startFakeAgent({
      copy: {
        out: (call) => {
          const flood = (): void => {
            while (!call.cancelled) {
              written += 1;
              if (!call.write({ records: Buffer.alloc(128 * 1024) })) {
                call.once('drain', flood);
                return;
              }
            }
          };
          call.on('cancelled', cancelled);
          flood();
        },
      },
    });
    for await (const batch of agent.session.copyOut('/x', OUT)) {
      expect(batch.length).toBeLessThanOrEqual(8);
      await new Promise((resolve) => setTimeout(resolve, 50));
      break;
    }
    await seen;
    // What is on its way, and what is held: some megabytes.
    expect(written).toBeLessThan(100);
  });

  it('fails when it is aborted, and when the session ends', async () => {
    await using agent = await startFakeAgent({ copy: { out: () => undefined } });
    const abort = new AbortController();
    const copy = agent.session.copyOut('/x', { ...OUT, signal: abort.signal })[Symbol.asyncIterator]();
    const next = copy.next();
    abort.abort();
    await expect(next).rejects.toMatchObject({ name: 'AbortError' });
    const other = agent.session.copyOut('/x', OUT)[Symbol.asyncIterator]().next();
    agent.session.close();
    await expect(other).rejects.toMatchObject({ code: 'Stopped' });
  });

  it('refuses paths that are none', async () => {
    await using agent = await startFakeAgent();
    expect(() => agent.session.copyOut('x', OUT)).toThrow('not absolute');
    await expect(async () => agent.session.copyIn('/\0', { owner: undefined, messages: messages() })).rejects.toThrow('NUL');
  });
});
