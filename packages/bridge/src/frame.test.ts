import { encodeFrame, FrameReader } from './frame.js';

const frames = [encodeFrame({ t: 'a', text: 'grüße' }), encodeFrame({ t: 'b' }, [Buffer.from('12'), Buffer.from('345')]), encodeFrame({})];
const all = Buffer.concat(frames);

describe('frames', () => {
  it.each([1, 3, 7, 8, 9, 1000])('are put together from pieces of %i bytes', (size) => {
    const reader = new FrameReader();
    const read = [];
    for (let at = 0; at < all.length; at += size) read.push(...reader.push(all.subarray(at, at + size)));
    expect(read.map(({ head, body }) => [head, body.toString()])).toEqual([
      [{ t: 'a', text: 'grüße' }, ''],
      [{ t: 'b' }, '12345'],
      [{}, ''],
    ]);
  });

  it.each([
    ['one that is longer than any', Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])],
    ['a head longer than its frame', Buffer.from([0, 0, 0, 6, 0, 0, 0, 3, 0x7b, 0x7d])],
    ['one without room for a head', Buffer.from([0, 0, 0, 0, 0, 0, 0, 0])],
    ['a head that is no JSON', Buffer.from([0, 0, 0, 5, 0, 0, 0, 1, 0x7b])],
  ])('refuse %s', (_, bytes) => {
    expect(() => new FrameReader().push(bytes)).toThrow(expect.objectContaining({ code: 'RpcTransport' }));
  });
});
