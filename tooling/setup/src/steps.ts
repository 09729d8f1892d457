import { type Step } from './step.js';
import { build } from './steps/build.js';
import { busyboxImage } from './steps/busybox-image.js';
import { engine } from './steps/engine.js';
import { guestImage } from './steps/guest-image.js';
import { kernel } from './steps/kernel.js';
import { agent, cLibrary, enginePreload, intruder, shim, vmm } from './steps/native.js';
import { thirdParty } from './steps/third-party.js';

/** All that set-up makes; the order here says nothing, `after` does. */
export const steps: readonly Step[] = [
  agent,
  shim,
  intruder,
  enginePreload,
  vmm,
  cLibrary,
  engine,
  kernel,
  guestImage,
  busyboxImage,
  thirdParty,
  build,
];
