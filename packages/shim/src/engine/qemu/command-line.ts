import type { Disk, EngineCommand, EngineInfo, GuestMemory, MachineSpec } from '../engine.js';
import { CONSOLE_LOG, CONTROL_SOCKET, type FileLink, linkPath, PORTAL_SOCKET, SHARE } from '../files.js';
import { layerLinks } from '../layer-links.js';
import { groupName, layerNodes, placeholderNode, slotName, slotNode, topName } from './block-nodes.js';
import { KERNEL_ARGUMENTS } from './kernel-arguments.js';
import { consoleArguments } from './console-log.js';
import { preloading } from './private-memory.js';
import { translationCacheMib } from './translation-cache.js';

/** The name of the portal's port in the guest, under /sys/class/virtio-ports. */
const PORTAL_PORT = 'boxlite.portal';

const FDS = { portal: 10, control: 11, console: 12 };
const KERNEL = 'kernel';
const INITRAMFS = 'initramfs';
const DEVICES = ['/dev/null', '/dev/urandom'];
/** The saved state that {@link qemuCommand}'s machine is restored from. */
export const STATE_FD = 13;

/**
 * Without what no guest here has a use for; each probe of an absent device costs boot time. Without the description of its own format
 * that a saved state may end with.
 */
const MACHINE = 'q35,usb=off,smbus=off,sata=off,vmport=off,hpet=off,i8042=off,graphics=off,smm=off,suppress-vmdesc=on,memory-backend=ram';

const SANDBOX = 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny';

const accelerator = ({ accelerator, memoryMib }: MachineSpec): string[] => {
  if (accelerator !== 'tcg') return ['-accel', accelerator, '-cpu', 'host'];
  const cache = translationCacheMib(memoryMib);
  // Page tables of five levels are of no use to a small guest, and make each emulated walk longer. Without ERMS the kernel copies and
  // clears by eight bytes instead of one, and TCG takes as long for the one as for the other.
  return ['-accel', `tcg,thread=multi,tb-size=${String(cache)}`, '-cpu', 'max,-la57,-erms'];
};

type Properties = Record<string, string | number | boolean>;

/** JSON, so that no character of a path means something to QEMU's option parser. All devices: it makes those in JSON after the others. */
const device = (properties: Properties): string[] => ['-device', JSON.stringify(properties)];

const pciDevice = (properties: Properties): string[] => device({ ...properties, romfile: '', 'disable-legacy': 'on' });

const blockdev = (node: object): string[] => ['-blockdev', JSON.stringify(node)];

const memoryLink = ({ path, shared }: Extract<GuestMemory, { kind: 'file' }>): FileLink => ({
  name: 'memory',
  source: path,
  writable: shared,
});

const memoryBackend = (memory: GuestMemory, mib: number, path: string | undefined): string[] => {
  const common = { id: 'ram', size: mib * 2 ** 20 };
  const backend =
    memory.kind === 'anonymous'
      ? { 'qom-type': 'memory-backend-ram', ...common }
      : { 'qom-type': 'memory-backend-file', ...common, 'mem-path': path ?? linkPath(memoryLink(memory)), share: memory.shared };
  return ['-object', JSON.stringify(backend)];
};

const disk = (disk: Disk, slot: number): string[] => [
  ...(disk.layers.length === 0 ? [placeholderNode(slot, disk.readOnly)] : layerNodes(disk)).flatMap(blockdev),
  ...['-object', `throttle-group,id=${groupName(slot)}`],
  ...blockdev(slotNode(slot, topName(disk, slot), disk.readOnly)),
  ...pciDevice({
    driver: 'virtio-blk-pci',
    id: `blk${String(slot)}`,
    drive: slotName(slot),
    addr: `0x${(2 + slot).toString(16)}`,
  }),
];

/**
 * Takes free pages back from the guest. A guest that expects anything of a free page's content does not report it, as it cannot say so.
 * Only where it is safe for others: the device is part of the machine whatever its memory is, so that a template fits.
 */
const balloon = (info: EngineInfo): string[] =>
  info.preload === null ? [] : pciDevice({ driver: 'virtio-balloon-pci', 'free-page-reporting': true, 'page-poison': false, addr: '0x1d' });

/**
 * The share. Modes and owners are those of the host's files; an owner that cannot be given is refused, but for a file that is new. Files of
 * several file systems are told from each other.
 */
const share = ({ share }: MachineSpec): string[] =>
  share === undefined
    ? []
    : [
        ...['-fsdev', `local,id=share,path=${SHARE},security_model=none,multidevs=remap`],
        ...pciDevice({ driver: 'virtio-9p-pci', fsdev: 'share', mount_tag: 'boxlite', addr: '0x1c' }),
      ];

const machineArguments = (machine: MachineSpec, info: EngineInfo, memoryPath: string | undefined): string[] => [
  ...['-name', 'boxlite,process=boxlite-vm'],
  ...['-sandbox', SANDBOX],
  ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
  ...['-machine', MACHINE],
  ...accelerator(machine),
  ...['-smp', `cpus=${String(machine.cpus)}`],
  ...['-m', `size=${String(machine.memoryMib)}M`],
  ...memoryBackend(machine.memory, machine.memoryMib, memoryPath),
  // A state saved without its RAM does not say what machine it is of; that is for whoever keeps it to know.
  ...['-global', 'migration.send-configuration=off'],
  ...(machine.state === undefined ? [] : ['-incoming', 'defer']),
  ...['-bios', 'qboot.rom'],
  // In a restored guest the kernel runs already.
  ...(machine.state === undefined ? ['-kernel', KERNEL, '-initrd', INITRAMFS, '-append', KERNEL_ARGUMENTS] : []),
  ...['-chardev', `socket,id=control,fd=${String(FDS.control)},server=on,wait=off`, '-mon', 'chardev=control,mode=control'],
  ...consoleArguments(FDS.console, info),
  // Port 0 is reserved for a console. The guest sets up queues for each port that there could be.
  ...pciDevice({ driver: 'virtio-serial-pci', id: 'serial', max_ports: 2, addr: '0x1' }),
  ...['-chardev', `socket,id=portal,fd=${String(FDS.portal)},server=on,wait=off`],
  ...device({ driver: 'virtserialport', bus: 'serial.0', nr: 1, chardev: 'portal', name: PORTAL_PORT }),
  ...machine.disks.flatMap(disk),
  ...share(machine),
  ...['-object', 'rng-random,id=entropy,filename=/dev/urandom'],
  ...pciDevice({ driver: 'virtio-rng-pci', rng: 'entropy', addr: '0x1e' }),
  ...balloon(info),
];

/** The command that runs `machine` on the QEMU that `info` describes. */
export const qemuCommand = (machine: MachineSpec, info: EngineInfo): EngineCommand => {
  const preload = preloading(machine, info);
  return {
    program: info.program,
    args: [info.program, ...(preload?.programArgs ?? []), ...info.programArgs, ...machineArguments(machine, info, preload?.memoryPath)],
    env: { ...info.env, ...preload?.env },
    sockets: [
      { name: PORTAL_SOCKET, fd: FDS.portal },
      { name: CONTROL_SOCKET, fd: FDS.control },
    ],
    logs: [{ name: CONSOLE_LOG, fd: FDS.console }],
    inputs: [...(machine.state === undefined ? [] : [{ path: machine.state, fd: STATE_FD }]), ...(preload?.inputs ?? [])],
    links: [
      ...machine.disks.flatMap(layerLinks),
      ...(machine.memory.kind === 'file' && preload?.memoryPath === undefined ? [memoryLink(machine.memory)] : []),
    ],
    named: [
      ...(preload?.named ?? []),
      ...(machine.state === undefined
        ? [
            { name: KERNEL, source: machine.kernel },
            { name: INITRAMFS, source: machine.initramfs },
          ]
        : []),
    ],
    devices: [...DEVICES, ...(machine.accelerator === 'kvm' ? ['/dev/kvm'] : [])],
  };
};
