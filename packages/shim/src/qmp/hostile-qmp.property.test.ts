import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { BoxliteError, toResult } from '@boxlite/shared';
import fc from 'fast-check';
import { temporaryDirectory } from '../testing/with-shim.js';
import { QemuControl } from '../engine/qemu/qemu-control.js';
import { LineSplitter } from './line-splitter.js';
import { parseMessage } from './message.js';

/** Messages of QMP, true and untrue, and what is none at all; the client's ids are small numbers. */
const json = fc.oneof(
  fc.record(
    {
      QMP: fc.anything(),
      event: fc.oneof(fc.constantFrom('STOP', 'SHUTDOWN', 'MIGRATION', 'BLOCK_IO_ERROR'), fc.jsonValue()),
      data: fc.oneof(fc.record({ reason: fc.jsonValue(), status: fc.constantFrom('completed', 'failed', 7) }), fc.jsonValue()),
      return: fc.jsonValue(),
      error: fc.oneof(fc.record({ class: fc.jsonValue(), desc: fc.jsonValue() }), fc.jsonValue()),
      id: fc.oneof(fc.integer({ min: -1, max: 9 }), fc.jsonValue()),
      timestamp: fc.jsonValue(),
      __proto__: fc.jsonValue(),
    },
    { requiredKeys: [] },
  ),
  fc.jsonValue(),
);
const line = fc.oneof(
  { weight: 6, arbitrary: json.map((value) => Buffer.from(`${JSON.stringify(value) ?? 'null'}\n`)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
);

const GREETING = '{"QMP":{"version":{"qemu":{"major":7,"minor":2,"micro":22}},"capabilities":[]}}\n';

/** A peer that greets, grants the capabilities, and answers all else with the bytes that it is given, cut anywhere. */
const serve = async (path: string, answer: (socket: Socket) => void): Promise<AsyncDisposable> => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.write(GREETING);
    socket.on('data', (data) => {
      if (String(data).includes('qmp_capabilities')) socket.write('{"return":{},"id":1}\n');
      else answer(socket);
    });
  }).listen(path);
  await once(server, 'listening');
  return {
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};

describe('a QMP peer that lies', () => {
  it('makes every call end, as an answer or as an error of the engine', async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, 'qmp.sock');
    let bytes = Buffer.alloc(0);
    let cuts: readonly number[] = [];
    await using _peer = await serve(path, (socket) => {
      let at = 0;
      for (const cut of cuts) {
        socket.write(bytes.subarray(at, at + cut));
        at += cut;
      }
      socket.end(bytes.subarray(at));
    });
    const calls: ((control: QemuControl) => Promise<unknown>)[] = [
      (control) => control.pause(),
      (control) => control.resume(),
      (control) => control.restore(),
      (control) => control.saveDevices('devices'),
      (control) => control.quit(5_000),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 6 }),
        fc.constantFrom(...calls),
        async (lines, chosen, call) => {
          bytes = Buffer.concat(lines);
          cuts = chosen;
          const control = await QemuControl.connect(path, { timeoutMs: 5_000 });
          const result = await toResult(call(control));
          if (!result.ok) {
            expect(result.error).toBeInstanceOf(BoxliteError);
            expect(result.error.message).toMatch(/^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$/);
          }
          // Its words are kept in no more than a line.
          expect((control.stopReason ?? '').length).toBeLessThanOrEqual(64);
          control.close();
          await control.closed;
        },
      ),
      { numRuns: 150 },
    );
  }, 60_000);
});

describe('a line of QMP', () => {
  it('is a message of known fields, or refused, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          json.map((value) => JSON.stringify(value) ?? ''),
        ),
        (text) => {
          try {
            const message = parseMessage(text);
            expect(['greeting', 'return', 'error', 'event']).toContain(message.kind);
            if (message.kind === 'error') expect((message.class + message.description).length).toBeLessThanOrEqual(1024 + 2);
            if (message.kind === 'event') expect(message.name.length).toBeLessThanOrEqual(513);
          } catch (error) {
            expect(error).toBeInstanceOf(SyntaxError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('comes out of the stream as it went in, however that is cut, and never longer than its limit', () => {
    const limit = 64;
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[^\n]{0,80}$/)), fc.array(fc.integer({ min: 1, max: 40 })), (texts, cuts) => {
        const splitter = new LineSplitter(limit);
        const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
        const seen: string[] = [];
        const tooLong = texts.findIndex((text) => Buffer.byteLength(text) > limit);
        const feed = (): void => {
          let at = 0;
          for (const cut of [...cuts, bytes.length]) {
            seen.push(...splitter.push(bytes.subarray(at, at + cut)));
            at += cut;
          }
        };
        if (tooLong < 0) feed();
        else expect(feed).toThrow(RangeError);
        const whole = tooLong < 0 ? texts : texts.slice(0, tooLong);
        expect(seen).toEqual(whole.slice(0, seen.length));
        if (tooLong < 0) expect(seen).toEqual(texts);
      }),
    );
  });
});
