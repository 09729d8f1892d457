import { encodeFrame, FrameReader } from './frames.js';

describe('frames', () => {
  const sent = Buffer.concat([encodeFrame('r', { run: 1, code: 'ä' }), encodeFrame('i', {}), encodeFrame('k', { run: 2 })]);

  it.each([1, 2, 5, 7, 1000])('come whole, whatever pieces of %d bytes they come in', (size) => {
    const reader = new FrameReader();
    const frames = [];
    for (let at = 0; at < sent.length; at += size) frames.push(...reader.push(sent.subarray(at, at + size)));
    expect(frames.map(({ kind, body }) => [kind, JSON.parse(body.toString()) as unknown])).toEqual([
      ['r', { run: 1, code: 'ä' }],
      ['i', {}],
      ['k', { run: 2 }],
    ]);
  });

  it('are refused when they are too large, before they have come', () => {
    expect(() => new FrameReader().push(Buffer.from([0x6f, 0xff, 0xff, 0xff, 0xff]))).toThrow(expect.objectContaining({ code: 'Portal' }));
  });
});
