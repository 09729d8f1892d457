import { BoxliteError, toResult } from '@boxlite/shared';
import { ContainerService, ExecutionService, FilesService, GuestService } from '@boxlite/shared/protocol';
import { servePortal } from '@boxlite/shared/testing';
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import fc from 'fast-check';
import { AgentSession } from './agent-session.js';

/** What the agent answers to everything but hello and ping. */
let answer = Buffer.alloc(0);
let times = 1;

/** A service whose methods answer with any bytes, once or as a stream. */
const liar = (service: ServiceDefinition, honest: UntypedServiceImplementation = {}): [ServiceDefinition, UntypedServiceImplementation] => {
  const definition = Object.fromEntries(
    Object.entries(service).map(([name, method]) => [
      name,
      name in honest ? method : { ...method, responseSerialize: (bytes: Buffer) => bytes },
    ]),
  );
  const implementation: UntypedServiceImplementation = {};
  for (const [name, method] of Object.entries(service)) {
    implementation[name] = method.responseStream
      ? (call: { write(bytes: Buffer): void; end(): void; on(event: string, listener: () => void): void }) => {
          call.on('error', () => undefined);
          for (let count = 0; count < times; count += 1) call.write(answer);
          call.end();
        }
      : (_call: unknown, callback: (error: null, bytes: Buffer) => void) => {
          callback(null, answer);
        };
  }
  return [definition, { ...implementation, ...honest }];
};

const varint = (value: bigint): number[] => {
  const bytes: number[] = [];
  for (let rest = BigInt.asUintN(64, value); ; rest >>= 7n) {
    if (rest < 128n) return [...bytes, Number(rest)];
    bytes.push(Number(rest & 127n) | 128);
  }
};

/** Protocol buffers that are well made and mean anything: known and unknown fields of any kind, nested. */
const field = (depth: number): fc.Arbitrary<number[]> =>
  fc.tuple(fc.integer({ min: 1, max: 20 }), fc.constantFrom(0, 1, 2, 5)).chain(([number, wire]) => {
    const key = varint(BigInt((number << 3) | wire));
    const value: fc.Arbitrary<number[]> =
      wire === 0
        ? fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(varint)
        : wire === 2
          ? (depth > 0
              ? fc.array(field(depth - 1), { maxLength: 6 }).map((fields) => fields.flat())
              : fc.array(fc.nat(255), { maxLength: 30 })
            ).map((bytes) => [...varint(BigInt(bytes.length)), ...bytes])
          : fc.array(fc.nat(255), { minLength: wire === 1 ? 8 : 4, maxLength: wire === 1 ? 8 : 4 });
    return value.map((bytes) => [...key, ...bytes]);
  });

const message = fc.oneof(
  { weight: 4, arbitrary: fc.array(field(2), { maxLength: 8 }).map((fields) => Buffer.from(fields.flat())) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
);

const signal = (): AbortSignal => AbortSignal.timeout(20_000);

const questions: Record<string, (session: AgentSession) => Promise<unknown>> = {
  metrics: (session) => session.metrics({ signal: signal() }),
  processes: (session) => session.processes({ signal: signal() }),
  executions: (session) => session.executions({ signal: signal() }),
  exec: (session) => session.exec('true', [], { signal: signal() }).then((execution) => execution.wait()),
  freeze: (session) => session.freeze({ signal: signal() }),
  removeContainer: (session) => session.removeContainer({ signal: signal() }),
  stat: (session) => session.files.stat('/', { signal: signal() }),
  list: (session) => session.files.list('/', { signal: signal() }),
  read: (session) => session.files.read('/file', { signal: signal(), maxBytes: 1024 }),
};

test('whatever bytes the agent answers with, each call ends, as an answer or as an error, and the session goes on', async () => {
  const honest = {
    hello: (_call: unknown, callback: (error: null, value: unknown) => void) => {
      callback(null, { agentVersion: '1', kernelRelease: '6', bootMicros: 1n, containerReady: true });
    },
    ping: (call: { request: { payload: Buffer } }, callback: (error: null, value: unknown) => void) => {
      callback(null, { payload: call.request.payload });
    },
  } as unknown as UntypedServiceImplementation;
  await using portal = await servePortal([liar(GuestService, honest), liar(ContainerService), liar(ExecutionService), liar(FilesService)]);
  await using session = await AgentSession.connect(portal.socketPath);
  await fc.assert(
    fc.asyncProperty(message, fc.integer({ min: 0, max: 5 }), fc.constantFrom(...Object.keys(questions)), async (bytes, count, name) => {
      answer = bytes;
      times = count;
      const result = await toResult(Promise.resolve(questions[name]?.(session)));
      if (!result.ok) {
        expect(result.error).toBeInstanceOf(BoxliteError);
        expect(result.error.message).toMatch(/^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$/);
      }
      expect(await session.ping(Buffer.from('x'))).toEqual(Buffer.from('x'));
    }),
    { numRuns: 300 },
  );
}, 60_000);
