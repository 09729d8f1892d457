import { guestImage } from '@boxlite/agent';
import { BoxliteError } from '@boxlite/shared';
import { type Accelerator, chooseAccelerator, locateEngine } from '@boxlite/shim';
import type { RuntimeOptions } from '../options/runtime-options.js';
import { VERSION } from '../version.js';

/** What a runtime stands on here; plain data. */
export interface SystemInfo {
  version: string;
  home: string;
  host: { platform: NodeJS.Platform; arch: NodeJS.Architecture; node: string };
  engine: { name: string; version: string; kind: 'bundle' | 'system'; path: string };
  /** `null` with `error` when the options allow none that works here. */
  accelerator: Accelerator | null;
  /** Why this accelerator, and why not a faster one. */
  acceleratorReason: string;
  /** `hardware`: the processor separates guest and host. `emulated`: QEMU's TCG does, which its own policy does not count as a border. */
  isolation: 'hardware' | 'emulated' | null;
  guest: { kernelRelease: string; version: string };
  /** What stands around the VMM's process, on for each Box. */
  jail: readonly string[];
}

/** The layers that `boxlite-shim` and QEMU put in force at each start. */
const JAIL_LAYERS = [
  'closed-descriptors',
  'clean-environment',
  'rlimits',
  'no-new-privileges',
  'own-session',
  'parent-death-signal',
  'qemu-seccomp',
] as const;

export const readSystemInfo = async (home: string, options: RuntimeOptions): Promise<SystemInfo> => {
  const [engine, guest, choice] = await Promise.all([
    locateEngine(),
    guestImage(),
    chooseAccelerator(options.accelerator ?? 'auto', options.isolation ?? 'any').catch((error: unknown) =>
      BoxliteError.from(error, 'UnsupportedEngine'),
    ),
  ]);
  return {
    version: VERSION,
    home,
    host: { platform: process.platform, arch: process.arch, node: process.version },
    engine: { name: 'qemu', version: engine.version, kind: engine.kind, path: engine.path },
    ...(choice instanceof BoxliteError
      ? { accelerator: null, acceleratorReason: choice.message, isolation: null }
      : { accelerator: choice.accelerator, acceleratorReason: choice.reason, isolation: choice.isolation }),
    guest: { kernelRelease: guest.kernelRelease, version: guest.version },
    jail: JAIL_LAYERS,
  };
};
