export { ShimController } from './launch/shim-controller.js';
export type { LaunchOptions } from './launch/launch-vm.js';
export type { VmSpec } from './launch/vm-spec.js';
export { Vm, type VmExit } from './vm/vm.js';
export { type JailReport, parseJailReport } from './jail/jail-report.js';
export { JAIL_LAYERS, jailGaps, type JailLayer, layersInForce } from './jail/layers.js';
export { type JailRequirement, requireLayers } from './jail/require-layers.js';
export { probeJail } from './jail/probe-jail.js';
export type { VmRecord } from './vm/vm-record.js';
export { type AcceleratorChoice, checkAccelerator, chooseAccelerator } from './engine/accelerator.js';
export { locateEngine, machineIdentity } from './engine/qemu/qemu-engine.js';
export type {
  Accelerator,
  CaptureRequest,
  Disk,
  DiskLayer,
  EngineInfo,
  GuestMemory,
  HostMount,
  MachineSpec,
  Share,
} from './engine/engine.js';
