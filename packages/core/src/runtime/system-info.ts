import { guestImage } from '@boxlite/agent';
import { BoxliteError } from '@boxlite/shared';
import { type Accelerator, chooseAccelerator, jailGaps, layersInForce, locateEngine, probeJail } from '@boxlite/shim';
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
  /** Saved VMs that Boxes are started from, and the bytes of disk that they take. Those that were not used for the longest time are removed. */
  templates: { count: number; bytes: number };
  /**
   * The layers around each VMM's process that this host lets it have; those that are missing, with the usual reason and how to get them; and what
   * the host has refused, in its words.
   */
  jail: { layers: readonly string[]; missing: readonly { layers: readonly string[]; advice: string }[]; refused: readonly string[] };
}

export const readSystemInfo = async (home: string, options: RuntimeOptions, templates: SystemInfo['templates']): Promise<SystemInfo> => {
  const [engine, guest, jail, choice] = await Promise.all([
    locateEngine(),
    guestImage(),
    probeJail(),
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
    templates,
    jail: { layers: layersInForce(jail), missing: jailGaps(jail), refused: jail.refused },
  };
};
