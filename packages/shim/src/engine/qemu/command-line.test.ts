import type { EngineInfo, MachineSpec } from '../engine.js';
import { qemuCommand } from './command-line.js';

const machine: MachineSpec = {
  cpus: 2,
  memoryMib: 512,
  kernel: '/home/me/.boxlite/init/vmlinux',
  initramfs: '/home/me/.boxlite/init/initramfs.cpio',
  disks: [
    { path: '/home/me/.boxlite/images/rootfs/ab.erofs', readOnly: true },
    { path: '/home/me/.boxlite/boxes/x/rootfs/disk.ext4', readOnly: false },
  ],
  accelerator: 'tcg',
};
const system: EngineInfo = { kind: 'system', version: '7.2.22', path: '/usr/bin/qemu', program: '/usr/bin/qemu', programArgs: [], env: {} };
const bundle: EngineInfo = {
  kind: 'bundle',
  version: '7.2.22',
  path: '/e/bin/qemu-system-x86_64',
  program: '/e/lib/ld-linux-x86-64.so.2',
  programArgs: ['--library-path', '/e/lib', '/e/bin/qemu-system-x86_64', '-L', '/e/share/qemu'],
  env: { QEMU_MODULE_DIR: '/e/lib/qemu' },
};

/** One option a line, its value behind it. */
const lines = (args: readonly string[]): string[] => args.join(' ').split(/ (?=-[a-z])/);

describe('qemuCommand', () => {
  it('is this for an emulated machine with a root image and a disk', () => {
    const command = qemuCommand(machine, system);
    expect(lines(command.args)).toEqual([
      '/usr/bin/qemu',
      '-name boxlite,process=boxlite-vm',
      '-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny',
      '-nodefaults',
      '-no-user-config',
      '-display none',
      '-no-reboot',
      '-machine q35,usb=off,smbus=off,sata=off,vmport=off,hpet=off,i8042=off,graphics=off,smm=off',
      '-accel tcg,thread=multi,tb-size=128',
      '-cpu max,-la57,-erms',
      '-smp cpus=2',
      '-m size=512M',
      '-bios qboot.rom',
      '-kernel /home/me/.boxlite/init/vmlinux',
      '-initrd /home/me/.boxlite/init/initramfs.cpio',
      '-append console=ttyS0 quiet loglevel=4 panic=-1 reboot=t tsc=reliable no_timer_check mitigations=off random.trust_cpu=on cryptomgr.notests noreplace-smp',
      '-chardev socket,id=control,fd=11,server=on,wait=off',
      '-mon chardev=control,mode=control',
      '-add-fd fd=12,set=1',
      '-chardev file,id=console,path=/dev/fdset/1,append=on',
      '-serial chardev:console',
      '-device {"driver":"virtio-serial-pci","id":"serial","max_ports":2,"addr":"0x1","romfile":"","disable-legacy":"on"}',
      '-chardev socket,id=portal,fd=10,server=on,wait=off',
      '-device {"driver":"virtserialport","bus":"serial.0","nr":1,"chardev":"portal","name":"boxlite.portal"}',
      '-blockdev {"driver":"file","node-name":"disk0","filename":"/home/me/.boxlite/images/rootfs/ab.erofs","read-only":true,"aio":"threads","cache":{"direct":false,"no-flush":false},"locking":"off"}',
      '-device {"driver":"virtio-blk-pci","id":"blk0","drive":"disk0","addr":"0x2","romfile":"","disable-legacy":"on"}',
      '-blockdev {"driver":"file","node-name":"disk1","filename":"/home/me/.boxlite/boxes/x/rootfs/disk.ext4","read-only":false,"aio":"threads","cache":{"direct":false,"no-flush":false},"locking":"on","discard":"unmap"}',
      '-device {"driver":"virtio-blk-pci","id":"blk1","drive":"disk1","addr":"0x3","romfile":"","disable-legacy":"on"}',
      '-object rng-random,id=entropy,filename=/dev/urandom',
      '-device {"driver":"virtio-rng-pci","rng":"entropy","addr":"0x1e","romfile":"","disable-legacy":"on"}',
    ]);
    expect(command).toMatchObject({
      program: '/usr/bin/qemu',
      env: {},
      sockets: [
        { name: 'agent.sock', fd: 10 },
        { name: 'qmp.sock', fd: 11 },
      ],
      logs: [{ name: 'console.log', fd: 12 }],
    });
  });

  it("runs the bundle by the bundle's own loader", () => {
    const command = qemuCommand(machine, bundle);
    expect(command.program).toBe('/e/lib/ld-linux-x86-64.so.2');
    expect(command.args.slice(0, 6)).toEqual([
      '/e/lib/ld-linux-x86-64.so.2',
      '--library-path',
      '/e/lib',
      '/e/bin/qemu-system-x86_64',
      '-L',
      '/e/share/qemu',
    ]);
    expect(command.env).toEqual({ QEMU_MODULE_DIR: '/e/lib/qemu' });
  });

  it.each([
    ['kvm', '-accel kvm', '-cpu host'],
    ['hvf', '-accel hvf', '-cpu host'],
  ] as const)('gives the guest the processor as it is under %s', (accelerator, ...expected) => {
    expect(lines(qemuCommand({ ...machine, accelerator }, system).args)).toEqual(expect.arrayContaining(expected));
  });

  it('lets no character of a path mean anything to QEMU', () => {
    const path = '/tmp/a,readonly=on "b"\\c/ü,,file.locking=off';
    const { args } = qemuCommand({ ...machine, disks: [{ path, readOnly: false }] }, system);
    const blockdev = JSON.parse(args[args.indexOf('-blockdev') + 1] ?? '') as Record<string, unknown>;
    expect(blockdev).toMatchObject({ filename: path, 'read-only': false, locking: 'on' });
  });
});
