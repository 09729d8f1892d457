import { ExecRequest, ExecResponse, Stdio } from '@boxlite/shared/protocol';
import { bytes, options } from '../testing/arbitraries.js';
import fc from 'fast-check';

import { EXEC } from './wire.js';

test('stdin is written as the generated code writes it', () => {
  fc.assert(
    fc.property(bytes, (value) => {
      const message = { message: { $case: 'stdin' as const, value } };
      expect(EXEC.requestSerialize(message).equals(ExecRequest.encode(message).finish())).toBe(true);
    }),
    options,
  );
  const value = Buffer.alloc(65536, 1);
  expect(ExecRequest.decode(EXEC.requestSerialize({ message: { $case: 'stdin', value } })).message).toEqual({ $case: 'stdin', value });
});

test('output is read as the generated code reads it', () => {
  fc.assert(
    fc.property(bytes, fc.constantFrom('stdout' as const, 'stderr' as const), (value, $case) => {
      const wire = Buffer.from(ExecResponse.encode({ message: { $case, value } }).finish());
      const { message } = EXEC.responseDeserialize(wire);
      expect(message?.$case === $case && message.value.equals(value)).toBe(true);
    }),
    options,
  );
});

test('any bytes are read as the generated code reads them, or refused as it refuses them', () => {
  const attempt = (read: (wire: Buffer) => ExecResponse, wire: Buffer): unknown => {
    try {
      return read(wire);
    } catch {
      return 'refused';
    }
  };
  const wires = fc.oneof(
    bytes,
    fc.tuple(fc.constantFrom(0x12, 0x1a), bytes).map(([tag, rest]) => Buffer.concat([Buffer.from([tag]), rest])),
  );
  fc.assert(
    fc.property(wires, (wire) => {
      expect(attempt(EXEC.responseDeserialize, wire)).toEqual(attempt((input) => ExecResponse.decode(input), wire));
    }),
    options,
  );
});

test('all else goes through the generated code', () => {
  const credit = { message: { $case: 'credit' as const, value: { stdio: Stdio.STDIO_STDERR, bytes: 5 } } };
  expect(ExecRequest.decode(EXEC.requestSerialize(credit))).toEqual(credit);
  expect(EXEC.responseDeserialize(Buffer.from(ExecResponse.encode(credit).finish()))).toEqual(credit);
});

test('a chunk of output is not copied', () => {
  const wire = Buffer.from(ExecResponse.encode({ message: { $case: 'stdout', value: Buffer.alloc(1000) } }).finish());
  const { message } = EXEC.responseDeserialize(wire);
  expect(message?.$case === 'stdout' && message.value.buffer === wire.buffer).toBe(true);
});
