export { ShimController } from './launch/shim-controller.js';
export type { LaunchOptions } from './launch/launch-vm.js';
export type { VmSpec } from './launch/vm-spec.js';
export { Vm, type VmExit } from './vm/vm.js';
export type { VmRecord } from './vm/vm-record.js';
export { type AcceleratorChoice, chooseAccelerator } from './engine/accelerator.js';
export { locateEngine } from './engine/qemu/qemu-engine.js';
export type { Accelerator, Disk, EngineInfo, MachineSpec } from './engine/engine.js';
