import { Metadata, status as Status } from '@grpc/grpc-js';

import { BoxliteError } from '../errors/boxlite-error.js';
import { BOXLITE_ERROR_CODES } from '../errors/error-code.js';
import { GRPC_STATUS } from './grpc-status.js';
import { errorFromStatus, statusFromError } from './rpc-error.js';

const status = (code: Status, details = 'x', trailers: Record<string, string> = {}) => {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, value);
  return { code, details, metadata };
};

test.each(BOXLITE_ERROR_CODES)('%s crosses the border both ways', (code) => {
  for (const reason of ['command-not-found', 'ENOENT', undefined]) {
    const answer = statusFromError(new BoxliteError(code, 'no such thing', { reason }), new Metadata());
    expect(answer.code).not.toBe(Status.OK);
    const error = errorFromStatus(answer, "start command 'frob'");
    expect(error).toMatchObject({ code, reason, message: "Could not start command 'frob': no such thing" });
  }
});

test.each(Object.values(Status).filter((code): code is Status => typeof code === 'number' && code !== Status.OK))(
  'gRPC status %s without trailers has a code and a reason',
  (code) => {
    const error = errorFromStatus(status(code), 'ping');
    expect(BOXLITE_ERROR_CODES).toContain(error.code);
    expect(error.reason).toMatch(/^[a-z-]+$/);
  },
);

test.each([
  [Status.NOT_FOUND, 'NotFound'],
  [Status.ALREADY_EXISTS, 'AlreadyExists'],
  [Status.UNAVAILABLE, 'RpcTransport'],
  [Status.DEADLINE_EXCEEDED, 'RpcTransport'],
  [Status.UNKNOWN, 'Rpc'],
  [Status.UNIMPLEMENTED, 'Unsupported'],
] as const)('gRPC status %s becomes %s', (code, expected) => {
  expect(errorFromStatus(status(code), 'ping').code).toBe(expected);
});

test('what a guest invents is not taken over', () => {
  const error = errorFromStatus(
    status(99 as Status, '\u001b[31mred\r\n\u202eevil'.padEnd(100_000, 'x'), { 'boxlite-code': 'Root', 'boxlite-reason': 'a b' }),
    'ping',
  );
  expect(error.code).toBe('Rpc');
  expect(error.reason).toBe('unknown');
  expect(error.message).toMatch(/^Could not ping: \[31mred evilxxx/);
  expect(error.message.length).toBeLessThan(1100);

  expect(error.message).not.toMatch(/[\u0000-\u001f\u202e]/);
});

test('the statuses are those of gRPC', () => {
  for (const [name, code] of Object.entries(GRPC_STATUS)) expect(Status[name as keyof typeof Status]).toBe(code);
  expect(Object.keys(GRPC_STATUS)).toHaveLength(Object.values(Status).filter((value) => typeof value === 'number').length);
});
