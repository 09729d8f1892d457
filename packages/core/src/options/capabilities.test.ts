import { containerCapabilities } from './capabilities.js';

describe('containerCapabilities', () => {
  it('gives what Docker gives', () => {
    expect(containerCapabilities()).toHaveLength(14);
    expect(containerCapabilities()).toEqual(expect.arrayContaining(['CAP_CHOWN', 'CAP_NET_RAW', 'CAP_AUDIT_WRITE']));
  });

  it('adds and drops names with and without CAP_, in any case', () => {
    const result = containerCapabilities({ add: ['net_admin', 'CAP_SYS_TIME'], drop: ['Chown'] });
    expect(result).toEqual(expect.arrayContaining(['CAP_NET_ADMIN', 'CAP_SYS_TIME']));
    expect(result).not.toContain('CAP_CHOWN');
  });

  it('reads ALL on either side', () => {
    expect(containerCapabilities({ drop: ['ALL'] })).toEqual([]);
    expect(containerCapabilities({ drop: ['all'], add: ['CHOWN'] })).toEqual(['CAP_CHOWN']);
    expect(containerCapabilities({ add: ['ALL'] })).toHaveLength(41);
    expect(containerCapabilities({ add: ['ALL'], drop: ['SYS_ADMIN'] })).not.toContain('CAP_SYS_ADMIN');
  });

  it('refuses what Linux does not have', () => {
    expect(() => containerCapabilities({ add: ['NET_FLY'] })).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
  });
});
