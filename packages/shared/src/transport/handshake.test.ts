import { randomBytes } from 'node:crypto';

import { EchoScanner, PORTAL_MAGIC } from './handshake.js';

const hello = Buffer.concat([PORTAL_MAGIC, randomBytes(16)]);

const feed = (scanner: EchoScanner, bytes: Buffer, size: number): Buffer | undefined => {
  for (let at = 0; at < bytes.length; at += size) {
    const rest = scanner.scan(bytes.subarray(at, at + size));
    if (rest) return Buffer.concat([rest, bytes.subarray(at + size)]);
  }
  return undefined;
};

test.each([1, 2, 7, 23, 24, 25, 1000])('finds the echo in chunks of %d bytes, behind stale ones', (size) => {
  const stale = Buffer.concat([randomBytes(100), PORTAL_MAGIC, randomBytes(16), hello.subarray(0, 20)]);
  const rest = feed(new EchoScanner(hello), Buffer.concat([stale, hello, Buffer.from('after')]), size);
  expect(rest?.toString()).toBe('after');
});

test('does not take an older hello for its own', () => {
  const scanner = new EchoScanner(hello);
  const next = Buffer.concat([PORTAL_MAGIC, randomBytes(16)]);
  scanner.expect(next);
  expect(scanner.scan(hello)).toBeUndefined();
  expect(scanner.scan(next)).toEqual(Buffer.alloc(0));
});
