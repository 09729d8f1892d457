import type { EngineInfo, MachineSpec } from '../engine.js';
import { qemuCommand } from './command-line.js';

const machine: MachineSpec = {
  cpus: 2,
  memoryMib: 512,
  kernel: '/home/me/.boxlite/init/vmlinux',
  initramfs: '/home/me/.boxlite/init/initramfs.cpio',
  disks: [
    { layers: [{ id: 'image', path: '/home/me/.boxlite/images/rootfs/ab.erofs', format: 'raw' }], readOnly: true, sizeBytes: 4096 },
    {
      layers: [
        { id: 'a1', path: '/home/me/.boxlite/disks/a1.raw', format: 'raw' },
        { id: 'b2', path: '/home/me/.boxlite/boxes/x/rootfs/b2.qcow2', format: 'qcow2' },
      ],
      readOnly: false,
      sizeBytes: 8192,
    },
  ],
  memory: { kind: 'anonymous' },
  accelerator: 'tcg',
};
const system: EngineInfo = {
  kind: 'system',
  version: '7.2.22',
  path: '/usr/bin/qemu',
  program: '/usr/bin/qemu',
  programArgs: [],
  env: {},
  preload: '/p/preload.so',
  readable: [],
};
const bundle: EngineInfo = {
  kind: 'bundle',
  version: '7.2.22',
  path: '/e/bin/qemu-system-x86_64',
  program: '/e/lib/ld-linux-x86-64.so.2',
  programArgs: ['--library-path', '/e/lib', '/e/bin/qemu-system-x86_64', '-L', '/e/share/qemu'],
  env: { QEMU_MODULE_DIR: '/e/lib/qemu' },
  preload: '/p/preload.so',
  readable: [],
};

/** One option a line, its value behind it. */
const lines = (args: readonly string[]): string[] => args.join(' ').split(/ (?=-[a-z])/);

describe('qemuCommand', () => {
  it('has a device for what the host shares, whatever that is', () => {
    const share = (mounts: NonNullable<MachineSpec['share']>['mounts']): readonly string[] =>
      qemuCommand({ ...machine, share: { mounts, owner: { user: 0, group: 0 } } }, system).args;
    const plain = lines(qemuCommand(machine, system).args);
    expect(lines(share([])).filter((line) => !plain.includes(line))).toEqual([
      '-fsdev local,id=share,path=volumes,security_model=none,multidevs=remap',
      '-device {"driver":"virtio-9p-pci","fsdev":"share","mount_tag":"boxlite","addr":"0x1c","romfile":"","disable-legacy":"on"}',
    ]);
    expect(share([{ name: '0', source: '/a,b', readOnly: true }])).toEqual(share([]));
  });

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
      '-machine q35,usb=off,smbus=off,sata=off,vmport=off,hpet=off,i8042=off,graphics=off,smm=off,suppress-vmdesc=on,memory-backend=ram',
      '-accel tcg,thread=multi,tb-size=64',
      '-cpu max,-la57,-erms',
      '-smp cpus=2',
      '-m size=512M',
      '-object {"qom-type":"memory-backend-ram","id":"ram","size":536870912}',
      '-global migration.send-configuration=off',
      '-bios qboot.rom',
      '-kernel kernel',
      '-initrd initramfs',
      '-append console=ttyS0 quiet loglevel=4 panic=-1 reboot=t tsc=reliable no_timer_check mitigations=off random.trust_cpu=on cryptomgr.notests noreplace-smp',
      '-chardev socket,id=control,fd=11,server=on,wait=off',
      '-mon chardev=control,mode=control',
      '-chardev file,id=console,path=/dev/null/log/12,append=on',
      '-serial chardev:console',
      '-device {"driver":"virtio-serial-pci","id":"serial","max_ports":2,"addr":"0x1","romfile":"","disable-legacy":"on"}',
      '-chardev socket,id=portal,fd=10,server=on,wait=off',
      '-device {"driver":"virtserialport","bus":"serial.0","nr":1,"chardev":"portal","name":"boxlite.portal"}',
      '-blockdev {"node-name":"layer-image","driver":"file","filename":"shared/image","read-only":true,"aio":"threads","cache":{"direct":false,"no-flush":false},"locking":"off"}',
      '-object throttle-group,id=limits0',
      '-blockdev {"driver":"throttle","node-name":"slot0","throttle-group":"limits0","file":"layer-image","read-only":true}',
      '-device {"driver":"virtio-blk-pci","id":"blk0","drive":"slot0","addr":"0x2","romfile":"","disable-legacy":"on"}',
      '-blockdev {"node-name":"layer-a1","driver":"file","filename":"shared/a1","read-only":true,"aio":"threads","cache":{"direct":false,"no-flush":false},"locking":"off"}',
      '-blockdev {"node-name":"layer-b2","driver":"qcow2","file":{"driver":"file","filename":"own/b2","read-only":false,"aio":"threads","cache":{"direct":false,"no-flush":false},"locking":"on","discard":"unmap"},"read-only":false,"discard":"unmap","backing":"layer-a1"}',
      '-object throttle-group,id=limits1',
      '-blockdev {"driver":"throttle","node-name":"slot1","throttle-group":"limits1","file":"layer-b2","read-only":false}',
      '-device {"driver":"virtio-blk-pci","id":"blk1","drive":"slot1","addr":"0x3","romfile":"","disable-legacy":"on"}',
      '-object rng-random,id=entropy,filename=/dev/urandom',
      '-device {"driver":"virtio-rng-pci","rng":"entropy","addr":"0x1e","romfile":"","disable-legacy":"on"}',
      '-device {"driver":"virtio-balloon-pci","free-page-reporting":true,"page-poison":false,"addr":"0x1d","romfile":"","disable-legacy":"on"}',
    ]);
    expect(command).toMatchObject({
      program: '/usr/bin/qemu',
      env: {},
      sockets: [
        { name: 'agent.sock', fd: 10 },
        { name: 'qmp.sock', fd: 11 },
      ],
      logs: [{ name: 'console.log', fd: 12 }],
      inputs: [],
    });
  });

  it('waits for a saved state, on memory from a file, with placeholders for disks that come later', () => {
    const command = qemuCommand(
      {
        ...machine,
        memory: { kind: 'file', path: '/t/memory', shared: false },
        state: '/t/devices',
        disks: [{ layers: [], readOnly: true, sizeBytes: 0 }],
      },
      system,
    );
    expect(lines(command.args)).toEqual(
      expect.arrayContaining([
        '-object {"qom-type":"memory-backend-file","id":"ram","size":536870912,"mem-path":"/dev/null/fd/14","share":false}',
        '-incoming defer',
        '-blockdev {"driver":"null-co","node-name":"empty0","size":70368744177664,"read-zeroes":true,"read-only":true}',
        '-blockdev {"driver":"throttle","node-name":"slot0","throttle-group":"limits0","file":"empty0","read-only":true}',
      ]),
    );
    expect(command.inputs).toEqual([
      { path: '/t/devices', fd: 13 },
      { path: '/t/memory', fd: 14 },
    ]);
  });

  describe('where memory is mapped from a file', () => {
    const memory = { kind: 'file', path: '/t/memory', shared: false } as const;

    it('loads the library that keeps the file as it is', () => {
      expect(qemuCommand({ ...machine, memory }, system).env).toEqual({ LD_PRELOAD: './preload.so' });
      const { args, env } = qemuCommand({ ...machine, memory }, bundle);
      expect(args.slice(0, 5)).toEqual([bundle.program, '--preload', './preload.so', '--library-path', '/e/lib']);
      expect(env).toEqual({ QEMU_MODULE_DIR: '/e/lib/qemu' });
    });

    it('lets QEMU open the memory itself where it is shared or its own', () => {
      for (const own of [{ ...memory, shared: true }, { kind: 'anonymous' } as const]) {
        const command = qemuCommand({ ...machine, memory: own }, system);
        expect(command.inputs).toEqual([]);
        expect(command.args.join(' ')).toContain('virtio-balloon-pci');
      }
    });

    it('takes no page back where the library cannot be loaded, whatever the memory is', () => {
      for (const own of [memory, { ...memory, shared: true }, { kind: 'anonymous' } as const]) {
        const command = qemuCommand({ ...machine, memory: own }, { ...system, preload: null });
        expect(command.args.join(' ')).not.toContain('balloon');
        expect(command.inputs).toEqual([]);
      }
    });
  });

  it("runs the bundle by the bundle's own loader", () => {
    const command = qemuCommand(machine, bundle);
    expect(command.program).toBe('/e/lib/ld-linux-x86-64.so.2');
    expect(command.args.slice(0, 8)).toEqual([
      '/e/lib/ld-linux-x86-64.so.2',
      '--preload',
      './preload.so',
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

  it('gives QEMU files by names that are its own, whatever their paths', () => {
    const path = '/tmp/a,readonly=on "b"\\c/ü,,file.locking=off';
    const { args, links } = qemuCommand(
      { ...machine, disks: [{ layers: [{ id: 'x', path, format: 'raw' }], readOnly: false, sizeBytes: 0 }] },
      system,
    );
    const blockdev = JSON.parse(args[args.indexOf('-blockdev') + 1] ?? '') as Record<string, unknown>;
    expect(blockdev).toMatchObject({ filename: 'own/x', 'read-only': false, locking: 'on' });
    expect(links).toEqual([{ name: 'x', source: path, writable: true }]);
  });
});
