import { areLimited, checkDiskLimits, type DiskLimits, NO_DISK_LIMITS } from './disk-limits.js';

describe('limits of disks', () => {
  it('are none where none are given', () => {
    for (const limits of [undefined, {}]) {
      expect(checkDiskLimits(limits)).toEqual(NO_DISK_LIMITS);
      expect(areLimited(checkDiskLimits(limits))).toBe(false);
    }
  });

  it('are kept, and stand the same check again', () => {
    const checked = checkDiskLimits({ readBps: 1, writeIops: 1e15 });
    expect(checked).toEqual({ readBps: 1, writeBps: null, readIops: null, writeIops: 1e15 });
    expect(checkDiskLimits(checked)).toEqual(checked);
    expect(areLimited(checked)).toBe(true);
  });

  it.each([
    [{ readBps: 0 }, /^diskLimits\.readBps is 0;/],
    [{ writeBps: 1.5 }, /^diskLimits\.writeBps is 1\.5;/],
    [{ readIops: 1e16 }, /^diskLimits\.readIops is /],
    [{ writeIops: '5' }, /^diskLimits\.writeIops is "5";/],
    [{ bps: 5 }, /no option 'bps'/],
    [[], /must be an object/],
    [5, /must be an object/],
    [null, /must be an object/],
  ])('refuses %j', (limits, message) => {
    expect(() => checkDiskLimits(limits as unknown as DiskLimits)).toThrow(message);
  });
});
