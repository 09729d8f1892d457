import { explainQemu } from './explain.js';

describe('explainQemu', () => {
  it.each([
    ["qemu-system-x86_64: cannot set up guest memory 'pc.ram': Cannot allocate memory", 'ResourceExhausted', 'memory'],
    ['qemu-system-x86_64: Could not access KVM kernel module: Permission denied', 'UnsupportedEngine', 'accelerator'],
    ['qemu-system-x86_64: failed to initialize kvm: Permission denied', 'UnsupportedEngine', 'accelerator'],
    ['qemu-system-x86_64: -blockdev …: Failed to get "write" lock\nIs another process using the image [/disk]?', 'Storage', 'disk-locked'],
    ["qemu-system-x86_64: -blockdev …: Could not open '/disk': No such file or directory", 'Storage', 'file'],
    ["qemu: could not open kernel file '/none': No such file or directory", 'Storage', 'file'],
    ['qemu: linux kernel too old to load a ram disk', 'Storage', 'file'],
    ["qemu-system-x86_64: -blockdev …: 'file' driver requires '/box' to be a regular file", 'Storage', 'file'],
    [
      'qemu-system-x86_64: ../../target/i386/kvm/kvm.c:3183: kvm_buf_set_msrs: Assertion `ret == …` failed.',
      'UnsupportedEngine',
      'accelerator',
    ],
    ["qemu: could not load kernel '/vmlinux': No such file or directory", 'Storage', 'file'],
    ["qemu: could not load PC BIOS 'qboot.rom'", 'UnsupportedEngine', 'engine-damaged'],
    ['qemu-system-x86_64: error while loading shared libraries: libpixman-1.so.0', 'UnsupportedEngine', 'engine-damaged'],
    ['qemu-system-x86_64: -sandbox on: seccomp support is disabled', 'UnsupportedEngine', 'sandbox'],
    ['qemu: qemu_thread_create: Resource temporarily unavailable', 'ResourceExhausted', 'limits'],
    ['', 'Engine', 'engine-failed'],
  ])('reads %p as %s', (words, code, reason) => {
    expect(explainQemu(words)).toMatchObject({ code, reason });
  });
});
