import { checkHost } from './check-host.js';

describe('checkHost', () => {
  it('takes Linux, and no other system', () => {
    checkHost('linux');
    for (const platform of ['darwin', 'win32', 'freebsd'] as const)
      expect(() => {
        checkHost(platform);
      }).toThrow(
        expect.objectContaining({ code: 'Unsupported', reason: 'platform', message: expect.stringContaining(platform) as string }) as Error,
      );
  });
});
