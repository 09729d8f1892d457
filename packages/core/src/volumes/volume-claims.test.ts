import { VolumeClaims } from './volume-claims.js';

const box = (id: string, readOnly: boolean, name = 'data') => ({ id, name: null, volumes: [{ name, boxPath: '/d', readOnly }] });

describe('VolumeClaims', () => {
  it.each([
    [true, true, true],
    [true, false, false],
    [false, true, false],
    [false, false, false],
  ])('of two Boxes, read-only %s and %s: %s', (one, other, both) => {
    const claims = new VolumeClaims(() => [box('a', one)]);
    const claim = () => claims.claim(box('b', other));
    if (both) expect(claim).not.toThrow();
    else expect(claim).toThrow(expect.objectContaining({ code: 'InvalidState', reason: 'volume-in-use' }));
    expect(() => claims.claim(box('b', other, 'another'))).not.toThrow();
  });

  it('holds for a Box that only starts, and for as long as it does', () => {
    const claims = new VolumeClaims(() => []);
    {
      using _claim = claims.claim(box('a', false));
      expect(() => claims.claim(box('b', false))).toThrow(/'data' while Box a runs, which writes to it/);
      // It is its own again.
      expect(() => claims.claim(box('a', false))).not.toThrow();
    }
    expect(() => claims.claim(box('b', false))).not.toThrow();
  });
});
