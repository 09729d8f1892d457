import { testPlan } from '../testing/test-plan.js';
import { sandboxProfile } from './sandbox-profile.js';

const plan = testPlan('/Users/me/.boxlite/boxes/x', ['/opt/engine/bin/qemu', '-accel', 'hvf'], {
  readable: ['/opt/engine'],
  named: [{ name: 'kernel', source: '/opt/guest/vmlinux' }],
  inputs: [{ path: '/Users/me/.boxlite/templates/t/devices', fd: 13 }],
  devices: ['/dev/null', '/dev/urandom'],
  links: [
    { name: 'image', source: '/Users/me/.boxlite/images/a.erofs', writable: false },
    { name: 'a1', source: '/Users/me/.boxlite/disks/a1.raw', writable: true },
  ],
});

describe('the profile for sandbox-exec', () => {
  it('is this for a machine with a root image and a disk', () => {
    expect(sandboxProfile(plan)).toBe(`(version 1)
(deny default)
(import "system.sb")
(deny network*)
(deny process-fork)
(allow process-exec
  (literal "/opt/engine/bin/qemu")
)
(allow file-read*
  (literal "/Users/me/.boxlite/boxes/x/vm")
  (literal "/opt/engine/bin/qemu")
  (literal "/dev/null")
  (literal "/dev/urandom")
  (literal "/Users/me/.boxlite/templates/t/devices")
  (subpath "/opt/engine")
  (literal "/Users/me/.boxlite/boxes/x/vm/kernel")
  (literal "/opt/guest/vmlinux")
  (literal "/Users/me/.boxlite/boxes/x/vm/shared/image")
  (literal "/Users/me/.boxlite/boxes/x/vm/own/a1")
)
(allow file-write*
  (literal "/Users/me/.boxlite/boxes/x/vm/own/a1")
)
`);
  });

  it('lets the guest write to a directory of the host only if it may', () => {
    const mounts = [
      { name: '0', source: '/Users/me/src', readOnly: true },
      { name: '1', source: '/Users/me/out', readOnly: false },
    ];
    const [reads, writes] = sandboxProfile({ ...plan, share: { directory: 'volumes', mounts, user: 0, group: 0 } }).split(
      '(allow file-write*',
    );
    expect(reads).toContain('(subpath "/Users/me/src")');
    expect(reads).toContain('(subpath "/Users/me/out")');
    expect(writes).toContain('(subpath "/Users/me/out")');
    expect(writes).not.toContain('/Users/me/src');
  });

  it('gives nothing away to a path with marks of the language', () => {
    const odd = String.raw`/a")(allow default)"\b`;
    expect(sandboxProfile({ ...plan, readable: [odd] })).toContain(String.raw`(subpath "/a\")(allow default)\"\\b")`);
  });
});
