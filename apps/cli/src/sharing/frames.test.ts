import { PassThrough } from 'node:stream';
import { frame, FrameReader } from './frames.js';

const read = (): { socket: PassThrough; got: [number, string][] } => {
  const socket = new PassThrough();
  socket.on('error', () => undefined);
  const got: [number, string][] = [];
  new FrameReader(socket, (kind, content) => got.push([kind, content.toString()]));
  return { socket, got };
};

describe('frames', () => {
  it.each([1, 2, 3, 7, 1_000])('come whole, in pieces of %d bytes', (size) => {
    const { socket, got } = read();
    const all = Buffer.concat([frame(16, Buffer.from('out')), frame(18, true), frame(17, Buffer.alloc(0)), frame(1, { a: [1] })]);
    for (let at = 0; at < all.length; at += size) socket.write(all.subarray(at, at + size));
    expect(got).toEqual([
      [16, 'out'],
      [18, 'true'],
      [17, ''],
      [1, '{"a":[1]}'],
    ]);
  });

  it('are bounded', () => {
    const { socket, got } = read();
    socket.write(Buffer.from([16, 0xff, 0xff, 0xff, 0xff]));
    expect([socket.destroyed, got]).toEqual([true, []]);
  });
});
