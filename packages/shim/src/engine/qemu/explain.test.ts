import { explainQemu } from './explain.js';

describe('explainQemu', () => {
  it.each([
    ["qemu-system-x86_64: cannot set up guest memory 'pc.ram': Cannot allocate memory", 'ResourceExhausted', 'memory'],
    ['qemu-system-x86_64: Could not access KVM kernel module: Permission denied', 'UnsupportedEngine', 'accelerator'],
    ['qemu-system-x86_64: failed to initialize kvm: Permission denied', 'UnsupportedEngine', 'accelerator'],
    ['qemu-system-x86_64: -blockdev …: Failed to get "write" lock\nIs another process using the image [/disk]?', 'Storage', 'disk-locked'],
    ["qemu-system-x86_64: -blockdev …: Could not open '/disk': No such file or directory", 'Storage', 'file'],
    ["qemu: could not load kernel '/vmlinux': No such file or directory", 'Storage', 'file'],
    ["qemu: could not load PC BIOS 'qboot.rom'", 'UnsupportedEngine', 'engine-damaged'],
    ['qemu-system-x86_64: error while loading shared libraries: libpixman-1.so.0', 'UnsupportedEngine', 'engine-damaged'],
    ['qemu-system-x86_64: -sandbox on: seccomp support is disabled', 'UnsupportedEngine', 'sandbox'],
    ['', 'Engine', 'engine-failed'],
  ])('reads %p as %s', (words, code, reason) => {
    expect(explainQemu(words)).toMatchObject({ code, reason });
  });
});
