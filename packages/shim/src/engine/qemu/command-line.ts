import type { Accelerator, Disk, EngineCommand, EngineInfo, MachineSpec } from '../engine.js';
import { CONSOLE_LOG, CONTROL_SOCKET, PORTAL_SOCKET } from '../files.js';
import { KERNEL_ARGUMENTS } from './kernel-arguments.js';

/** The name of the portal's port in the guest, under /sys/class/virtio-ports. */
const PORTAL_PORT = 'boxlite.portal';

const FDS = { portal: 10, control: 11, console: 12 };

/** Without what no guest here has a use for; each probe of an absent device costs boot time. */
const MACHINE = 'q35,usb=off,smbus=off,sata=off,vmport=off,hpet=off,i8042=off,graphics=off,smm=off';

const SANDBOX = 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny';

const ACCELERATORS: Record<Accelerator, readonly string[]> = {
  kvm: ['-accel', 'kvm', '-cpu', 'host'],
  hvf: ['-accel', 'hvf', '-cpu', 'host'],
  // Page tables of five levels are of no use to a small guest, and make each emulated walk longer. Without ERMS the kernel copies and
  // clears by eight bytes instead of one, and TCG takes as long for the one as for the other.
  tcg: ['-accel', 'tcg,thread=multi,tb-size=128', '-cpu', 'max,-la57,-erms'],
};

type Properties = Record<string, string | number | boolean>;

/** JSON, so that no character of a path means something to QEMU's option parser. All devices: it makes those in JSON after the others. */
const device = (properties: Properties): string[] => ['-device', JSON.stringify(properties)];

const pciDevice = (properties: Properties): string[] => device({ ...properties, romfile: '', 'disable-legacy': 'on' });

const disk = ({ path, readOnly }: Disk, index: number): string[] => [
  '-blockdev',
  JSON.stringify({
    driver: 'file',
    'node-name': `disk${String(index)}`,
    filename: path,
    'read-only': readOnly,
    aio: 'threads',
    cache: { direct: false, 'no-flush': false },
    // A read-only image is shared by all Boxes of it; a writable one must never be open twice.
    locking: readOnly ? 'off' : 'on',
    ...(readOnly ? {} : { discard: 'unmap' }),
  }),
  ...pciDevice({
    driver: 'virtio-blk-pci',
    id: `blk${String(index)}`,
    drive: `disk${String(index)}`,
    addr: `0x${(2 + index).toString(16)}`,
  }),
];

/** The command that runs `machine` on the QEMU that `info` describes. */
export const qemuCommand = (machine: MachineSpec, info: EngineInfo): EngineCommand => ({
  program: info.program,
  args: [
    info.program,
    ...info.programArgs,
    ...['-name', 'boxlite,process=boxlite-vm'],
    ...['-sandbox', SANDBOX],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-machine', MACHINE],
    ...ACCELERATORS[machine.accelerator],
    ...['-smp', `cpus=${String(machine.cpus)}`],
    ...['-m', `size=${String(machine.memoryMib)}M`],
    ...['-bios', 'qboot.rom'],
    ...['-kernel', machine.kernel],
    ...['-initrd', machine.initramfs],
    ...['-append', KERNEL_ARGUMENTS],
    ...['-chardev', `socket,id=control,fd=${String(FDS.control)},server=on,wait=off`, '-mon', 'chardev=control,mode=control'],
    ...[
      '-add-fd',
      `fd=${String(FDS.console)},set=1`,
      '-chardev',
      'file,id=console,path=/dev/fdset/1,append=on',
      '-serial',
      'chardev:console',
    ],
    // Port 0 is reserved for a console. The guest sets up queues for each port that there could be.
    ...pciDevice({ driver: 'virtio-serial-pci', id: 'serial', max_ports: 2, addr: '0x1' }),
    ...['-chardev', `socket,id=portal,fd=${String(FDS.portal)},server=on,wait=off`],
    ...device({ driver: 'virtserialport', bus: 'serial.0', nr: 1, chardev: 'portal', name: PORTAL_PORT }),
    ...machine.disks.flatMap(disk),
    ...['-object', 'rng-random,id=entropy,filename=/dev/urandom'],
    ...pciDevice({ driver: 'virtio-rng-pci', rng: 'entropy', addr: '0x1e' }),
  ],
  env: info.env,
  sockets: [
    { name: PORTAL_SOCKET, fd: FDS.portal },
    { name: CONTROL_SOCKET, fd: FDS.control },
  ],
  logs: [{ name: CONSOLE_LOG, fd: FDS.console }],
});
