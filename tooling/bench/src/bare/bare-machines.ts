import { locateEngine } from '@boxlite/shim';
import { askEngineArguments } from '../box/engine-arguments.js';
import { type BareMachine, PROTOTYPE_KERNEL_ARGUMENTS, PROTOTYPE_MEMORY_MIB } from './bare-machine.js';
import { makeBareGuestImage } from './guest-image.js';

/** The machines that Boxes are compared with. */
export interface BareMachines {
  /** The prototype's, on the engine and with the accelerator of the Boxes. */
  prototype: BareMachine;
  /** The same with the CPU and the kernel of the Boxes, told the same. */
  boxKernel: BareMachine;
}

export const makeBareMachines = async (signal: AbortSignal): Promise<BareMachines> => {
  const [engine, image, told] = await Promise.all([locateEngine(), makeBareGuestImage(), askEngineArguments(PROTOTYPE_MEMORY_MIB, signal)]);
  const { accelerator, cpu, kernel, kernelArguments } = told;
  const prototype = {
    engine,
    accelerator,
    cpu: accelerator.startsWith('tcg') ? 'max' : 'host',
    ...image,
    kernelArguments: PROTOTYPE_KERNEL_ARGUMENTS,
    memoryMib: PROTOTYPE_MEMORY_MIB,
  };
  return { prototype, boxKernel: { ...prototype, cpu, kernel, kernelArguments } };
};
