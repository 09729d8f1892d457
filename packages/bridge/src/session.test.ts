import { once } from 'node:events';
import { PassThrough, Readable, Writable } from 'node:stream';
import { AbortError, BOXLITE_ERROR_CODES, BoxliteError } from '@boxlite/shared';
import { WINDOW_BYTES, WINDOW_ITEMS } from './protocol.js';
import type { TestClient } from './testing/client.js';
import { call, open } from './testing/open-session.js';
import type { Api, Type } from './types.js';

const OPTIONS: Type = { kind: 'ref', name: 'Options' };
const VOID: Type = { kind: 'void' };
const STRING: Type = { kind: 'string' };

describe('the handshake', () => {
  it('names the version', async () => {
    await using bridge = await open({});
    expect(await bridge.client.hello()).toMatchObject({ t: 'hello', protocol: 1, version: '0' });
  });

  it('refuses another version of the protocol, and says what to do', async () => {
    await using bridge = await open({});
    bridge.client.send({ t: 'hello', protocol: 99, client: 'x', pid: 1 });
    expect(await bridge.client.next(() => true)).toMatchObject({
      t: 'refused',
      e: { code: 'Unsupported', reason: 'protocol-version', message: expect.stringContaining('install the same version') },
    });
    await bridge.client.ended;
  });

  it.each([
    ['a call before its hello', (client: TestClient) => client.start('f')],
    ['no frame at all', (client: TestClient) => client.socket.write('GET / HTTP/1.1\r\n\r\n')],
  ])('refuses %s', async (_, speak) => {
    await using bridge = await open({});
    speak(bridge.client);
    expect(await bridge.client.next(() => true)).toMatchObject({ t: 'refused', e: { code: 'RpcTransport' } });
    await bridge.client.ended;
  });
});

describe('calls', () => {
  it('run side by side, each with its own answer', async () => {
    await using bridge = await open({
      echo: call([['text', STRING]], STRING, async (text: string) =>
        text === 'slow' ? new Promise((resolve) => setImmediate(() => resolve(text))) : text,
      ),
    });
    await bridge.client.hello();
    const [slow, fast] = [bridge.client.start('echo', ['slow']), bridge.client.start('echo', ['fast'])];
    expect(await bridge.client.answer(fast)).toMatchObject({ v: 'fast' });
    expect(await bridge.client.answer(slow)).toMatchObject({ v: 'slow' });
  });

  it.each(BOXLITE_ERROR_CODES)('fail with the code %s, the message, the reason and the cause of core', async (code) => {
    const error = new BoxliteError(code, 'what to do', { reason: 'why', cause: new Error('behind it') });
    await using bridge = await open({ fail: call([], VOID, () => Promise.reject(error)) });
    await bridge.client.hello();
    await expect(bridge.client.call('fail')).rejects.toEqual({ code, message: 'what to do', reason: 'why', cause: 'behind it' });
  });

  it('are cancelled', async () => {
    await using bridge = await open({
      wait: call(
        [['options', OPTIONS, true]],
        VOID,
        ({ signal }: { signal: AbortSignal }) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(new AbortError(signal.reason)))),
      ),
    });
    await bridge.client.hello();
    const id = bridge.client.start('wait');
    bridge.client.send({ t: 'cancel', id });
    expect(await bridge.client.answer(id)).toMatchObject({ e: { code: 'Aborted' } });
  });

  it('are cancelled when the client goes', async () => {
    let aborted: () => void = () => undefined;
    const seen = new Promise<void>((resolve) => (aborted = resolve));
    let started: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (started = resolve));
    await using bridge = await open({
      wait: call([['options', OPTIONS, true]], VOID, ({ signal }: { signal: AbortSignal }) => {
        signal.addEventListener('abort', aborted);
        started();
        return new Promise(() => undefined);
      }),
    });
    await bridge.client.hello();
    bridge.client.start('wait');
    await begun;
    bridge.client.socket.destroy();
    await seen;
    await bridge.session.closed;
  });

  it.each([['toString'], ['nothing'], ['__proto__']])('to %s, which there is not, are refused', async (name) => {
    await using bridge = await open({ f: call([], VOID, () => undefined) });
    await bridge.client.hello();
    await expect(bridge.client.call(name)).rejects.toMatchObject({ code: 'Unsupported' });
  });

  it('tell a callback of the client', async () => {
    await using bridge = await open({
      work: call([['tell', { kind: 'callback', argument: STRING }]], VOID, (tell: (text: string) => void) => tell('half')),
    });
    await bridge.client.hello();
    const id = bridge.client.start('work', [{ $callback: 7 }]);
    expect(await bridge.client.next(({ t }) => t === 'callback')).toMatchObject({ c: 7, v: 'half' });
    await bridge.client.answer(id);
  });
});

describe('handles', () => {
  const things = () => {
    const closed: string[] = [];
    class Thing {
      name = 'a';
      part = { text: () => 'of the part' };
      rename(name: string) {
        this.name = name;
      }
      close() {
        closed.push(this.name);
        return Promise.resolve();
      }
    }
    const one = new Thing();
    const type: Type = { kind: 'handle', name: 'Thing' };
    const handles: Api['handles'] = {
      Thing: {
        closes: true,
        properties: [
          { name: 'name', type: STRING, optional: false },
          { name: 'part', type: { kind: 'handle', name: 'Part' }, optional: false },
        ],
        calls: { rename: call([['name', STRING]], VOID, Thing.prototype.rename) },
      },
      Part: { closes: false, properties: [], calls: { text: call([], STRING, () => one.part.text()) } },
    };
    return { closed, handles, functions: { thing: call([], type, () => one) } };
  };

  it('have one number for one object, and tell what a call has changed', async () => {
    const { functions, handles } = things();
    await using bridge = await open(functions, handles);
    await bridge.client.hello();
    expect(await bridge.client.call('thing')).toEqual({ $handle: { h: 1, p: { name: 'a' } } });
    expect(await bridge.client.answer(bridge.client.start('rename', ['b'], { h: 1 }))).toMatchObject({ p: { name: 'b' } });
    expect(await bridge.client.call('thing')).toEqual({ $handle: { h: 1, p: { name: 'b' } } });
    expect(await bridge.client.call('text', [], { h: 1, via: 'part' })).toBe('of the part');
    await expect(bridge.client.call('text', [], { h: 1, via: 'name' })).rejects.toMatchObject({ code: 'Unsupported' });
  });

  it('are let go of as often as they were sent, and closed then', async () => {
    const { functions, handles, closed } = things();
    await using bridge = await open(functions, handles);
    await bridge.client.hello();
    await bridge.client.call('thing');
    await bridge.client.call('thing');
    bridge.client.send({ t: 'release', h: 1, n: 1 });
    expect(await bridge.client.call('text', [], { h: 1, via: 'part' })).toBe('of the part');
    expect(closed).toEqual([]);
    bridge.client.send({ t: 'release', h: 1, n: 1 });
    await expect(bridge.client.call('rename', ['c'], { h: 1 })).rejects.toMatchObject({ code: 'NotFound', reason: 'handle-released' });
    expect(closed).toEqual(['a']);
  });

  it('are closed when the client goes', async () => {
    const { functions, handles, closed } = things();
    const bridge = await open(functions, handles);
    await bridge.client.hello();
    await bridge.client.call('thing');
    await bridge[Symbol.asyncDispose]();
    expect(closed).toEqual(['a']);
  });
});

describe('streams of bytes', () => {
  it('come whole, and stop where the client gives no credit', async () => {
    const source = new PassThrough({ highWaterMark: 1024 });
    await using bridge = await open({ read: call([], { kind: 'readable' }, () => source) });
    await bridge.client.hello();
    const data = Buffer.alloc(3 * WINDOW_BYTES, 'abcdefg');
    let written = 0;
    const writing = (async () => {
      for (let at = 0; at < data.length; at += 16384) {
        if (!source.write(data.subarray(at, at + 16384))) await once(source, 'drain');
        written = at;
      }
      source.end();
    })();
    const { $readable: id } = (await bridge.client.call('read')) as { $readable: number };
    let got = 0;
    while (got < WINDOW_BYTES) got += (await bridge.client.next(({ t }) => t === 'data')).body.length;
    await bridge.client.call('nothing').catch(() => undefined);
    expect([got, bridge.client.frames]).toEqual([WINDOW_BYTES, []]);
    expect(written).toBeLessThan(2 * WINDOW_BYTES);
    bridge.client.send({ t: 'credit', s: id, n: got });
    const rest = await bridge.client.bytes(id);
    await writing;
    expect(rest.equals(data.subarray(got))).toBe(true);
  });

  it('are destroyed when the client wants no more, and fail with the error of core', async () => {
    const source = new PassThrough();
    await using bridge = await open({
      read: call([], { kind: 'readable' }, () => source),
      broken: call([], { kind: 'readable' }, () => new Readable({ read() { this.destroy(new BoxliteError('Portal', 'lost')); } })), // prettier-ignore
    });
    await bridge.client.hello();
    const { $readable: id } = (await bridge.client.call('read')) as { $readable: number };
    source.write('x');
    await bridge.client.next(({ t }) => t === 'data');
    const closed = once(source, 'close');
    bridge.client.send({ t: 'stop', s: id });
    await closed;
    await bridge.client.call('broken');
    expect(await bridge.client.next(({ t }) => t === 'fail')).toMatchObject({ e: { code: 'Portal', message: 'lost' } });
  });

  it('are read from the client also when all of them comes at once, with the call, before core is loaded', async () => {
    const READABLE: Type = { kind: 'readable' };
    await using bridge = await open({
      read: call([['stream', READABLE]], STRING, async (stream: Readable) => Buffer.concat(await stream.toArray()).toString()),
    });
    const { client } = bridge;
    client.socket.cork();
    const [hello, first] = [client.hello(), client.start('read', [{ $stream: 1 }])];
    client.send({ t: 'data', s: 1 }, [Buffer.from('at ')]);
    client.send({ t: 'data', s: 1 }, [Buffer.from('once')]);
    client.send({ t: 'end', s: 1 });
    client.socket.uncork();
    await hello;
    expect(await client.answer(first)).toMatchObject({ v: 'at once' });

    client.socket.cork();
    const second = client.start('read', [{ $stream: 3 }]);
    client.send({ t: 'data', s: 3 }, [Buffer.from('again')]);
    client.send({ t: 'end', s: 3 });
    client.socket.uncork();
    expect(await client.answer(second)).toMatchObject({ v: 'again' });
  });

  it('are read from the client at the pace of core', async () => {
    const slow = new PassThrough();
    await using bridge = await open({
      take: call([['data', { kind: 'readable' }]], STRING, async (data: Readable) => {
        const chunks: Buffer[] = [];
        data.pipe(slow);
        for await (const chunk of slow) chunks.push(chunk as Buffer);
        return String(Buffer.concat(chunks).length);
      }),
    });
    await bridge.client.hello();
    const id = bridge.client.start('take', [{ $stream: 1 }]);
    bridge.client.send({ t: 'data', s: 1 }, [Buffer.alloc(WINDOW_BYTES)]);
    await bridge.client.next((frame) => frame.t === 'credit' && frame.s === 1);
    bridge.client.send({ t: 'end', s: 1 });
    expect(await bridge.client.answer(id)).toMatchObject({ v: String(WINDOW_BYTES) });
  });

  it('end the session when they exceed their credit', async () => {
    await using bridge = await open({ take: call([['data', { kind: 'readable' }]], VOID, () => new Promise(() => undefined)) });
    await bridge.client.hello();
    bridge.client.start('take', [{ $stream: 1 }]);
    bridge.client.send({ t: 'data', s: 1 }, [Buffer.alloc(WINDOW_BYTES + 1)]);
    expect(await bridge.client.next(({ t }) => t === 'refused')).toMatchObject({
      e: { code: 'RpcTransport', reason: 'protocol-violation' },
    });
  });

  it('go on where a whole window came before core has read any of it', async () => {
    const take = call([['data', { kind: 'readable' }]], STRING, async (data) => {
      await new Promise((resolve) => setImmediate(resolve));
      return String(Buffer.concat(await (data as Readable).toArray()).length);
    });
    await using bridge = await open({ take });
    await bridge.client.hello();
    const id = bridge.client.start('take', [{ $stream: 1 }]);
    let credit = WINDOW_BYTES;
    for (let left = 4 * WINDOW_BYTES; left > 0; left -= 1024) {
      if (credit < 1024) {
        const frame = await bridge.client.next(({ t }) => t === 'credit');
        credit += frame.t === 'credit' ? frame.n : 0;
      }
      credit -= 1024;
      bridge.client.send({ t: 'data', s: 1 }, [Buffer.alloc(1024)]);
    }
    bridge.client.send({ t: 'end', s: 1 });
    expect(await bridge.client.answer(id)).toMatchObject({ v: String(4 * WINDOW_BYTES) });
  });

  it('are written to a stream of core, which may end them', async () => {
    const taken: string[] = [];
    const target = new Writable({
      write: (chunk: Buffer, _, done) => {
        taken.push(chunk.toString());
        done();
      },
    });
    await using bridge = await open({ write: call([], { kind: 'writable' }, () => target) });
    await bridge.client.hello();
    const { $writable: id } = (await bridge.client.call('write')) as { $writable: number };
    bridge.client.send({ t: 'data', s: id }, [Buffer.from('abc')]);
    expect(await bridge.client.next(({ t }) => t === 'credit')).toMatchObject({ s: id, n: 3 });
    expect(taken).toEqual(['abc']);
    target.destroy();
    expect(await bridge.client.next(({ t }) => t === 'stop')).toMatchObject({ s: id });
  });

  it.each([
    [
      'fails',
      new BoxliteError('Engine', 'the VM has died', { reason: 'vm-died' }),
      { code: 'Engine', message: 'the VM has died', reason: 'vm-died' },
    ],
    ['breaks as a pipe does', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }), undefined],
  ])('that %s says why, where there is more to say than that', async (_, error, why) => {
    const targets: Writable[] = [];
    const make = (): Writable => {
      const target = new Writable();
      target.on('error', () => undefined);
      targets.push(target);
      return target;
    };
    await using bridge = await open({ write: call([], { kind: 'writable' }, make) });
    await bridge.client.hello();
    await bridge.client.call('write');
    targets[0]?.destroy(error);
    const said = await bridge.client.next(({ t }) => t === 'stop');
    expect('e' in said ? said.e : undefined).toEqual(why);
  });
});

describe('items', () => {
  it('come as far as the client gives credit, until their end', async () => {
    let made = 0;
    await using bridge = await open({
      count: call([], { kind: 'items', item: STRING }, async function* () {
        await Promise.resolve();
        for (made = 0; made < WINDOW_ITEMS + 3; made += 1) yield String(made);
      }),
    });
    await bridge.client.hello();
    const { $items: id } = (await bridge.client.call('count')) as { $items: number };
    const seen: unknown[] = [];
    for (let at = 0; at < WINDOW_ITEMS; at += 1) seen.push(await bridge.client.next(({ t }) => t === 'item'));
    await bridge.client.call('nothing').catch(() => undefined);
    expect(bridge.client.frames).toEqual([]);
    bridge.client.send({ t: 'credit', s: id, n: 10 });
    for (let at = 0; at < 3; at += 1) seen.push(await bridge.client.next(({ t }) => t === 'item'));
    await bridge.client.next(({ t }) => t === 'end');
    expect(seen).toEqual(Array.from({ length: WINDOW_ITEMS + 3 }, (_, at) => expect.objectContaining({ v: String(at) }) as unknown));
  });

  it('end in core when the client wants no more', async () => {
    let signalled = false;
    let ended: () => void = () => undefined;
    const over = new Promise<void>((resolve) => (ended = resolve));
    await using bridge = await open({
      forever: call([['options', OPTIONS, true]], { kind: 'items', item: STRING }, async function* ({ signal }: { signal: AbortSignal }) {
        try {
          yield 'one';
          await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new AbortError(signal.reason))));
        } finally {
          signalled = signal.aborted;
          ended();
        }
      }),
    });
    await bridge.client.hello();
    const { $items: id } = (await bridge.client.call('forever')) as { $items: number };
    await bridge.client.next(({ t }) => t === 'item');
    bridge.client.send({ t: 'stop', s: id });
    await over;
    expect(signalled).toBe(true);
  });
});
