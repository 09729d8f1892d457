import type { EngineInfo } from '@boxlite/shim';

/** The machine of the first prototype, whose times the aims of this project come from; what may differ is named here. */
export interface BareMachine {
  engine: EngineInfo;
  /** QEMU's own words, such as `tcg,thread=multi,tb-size=64`: those of the Box it is compared with. */
  accelerator: string;
  cpu: string;
  kernel: string;
  initramfs: string;
  kernelArguments: string;
  memoryMib: number;
}

/** Of the prototype, and so of every bare VM unless a measure says otherwise. */
export const PROTOTYPE_KERNEL_ARGUMENTS = 'quiet loglevel=1 panic=-1 reboot=t tsc=reliable no_timer_check';
export const PROTOTYPE_MEMORY_MIB = 256;

/** Where a bare VM's memory is, and whether it writes to that file. */
export interface BareMemory {
  file: string;
  shared: boolean;
}

/** The sockets that QEMU connects to, in the VM's directory. */
export const AGENT_SOCKET = 'agent.sock';
export const CONTROL_SOCKET = 'control.sock';
export const DISK = 'disk';

/** QEMU's arguments. @param incoming It waits for a saved state in place of booting. */
export const bareArguments = (machine: BareMachine, directory: string, memory: BareMemory, incoming: boolean): string[] => [
  ...['-M', 'q35,memory-backend=ram', '-accel', machine.accelerator, '-cpu', machine.cpu, '-m', String(machine.memoryMib)],
  ...['-bios', 'qboot.rom', '-object'],
  `memory-backend-file,id=ram,size=${String(machine.memoryMib)}M,mem-path=${memory.file},share=${memory.shared ? 'on' : 'off'}`,
  ...['-kernel', machine.kernel, '-initrd', machine.initramfs, '-append', machine.kernelArguments],
  // A state that is saved without its memory does not describe the machine.
  ...['-global', 'migration.send-configuration=off', ...(incoming ? ['-incoming', 'defer'] : [])],
  ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
  ...['-device', 'virtio-serial-pci', '-chardev', `socket,id=agent,path=${directory}/${AGENT_SOCKET}`],
  ...['-device', 'virtserialport,chardev=agent,name=agent'],
  ...['-drive', `if=none,id=disk0,file=${directory}/${DISK},format=raw`, '-device', 'virtio-blk-pci,drive=disk0'],
  ...['-chardev', `socket,id=control,path=${directory}/${CONTROL_SOCKET}`, '-mon', 'chardev=control,mode=control'],
];
