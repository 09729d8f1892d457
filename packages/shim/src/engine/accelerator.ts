import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { BoxliteError, errorMessage } from '@boxlite/shared';
import { probeKvm } from '@boxlite/vmm';
import type { Accelerator } from './engine.js';

export interface AcceleratorChoice {
  accelerator: Accelerator;
  /** `hardware`: the processor separates guest and host. `emulated`: QEMU's TCG does, which its own policy does not count as a border. */
  isolation: 'hardware' | 'emulated';
  /** Why this one, and why not a faster one. */
  reason: string;
}

/** What a probe says of a hypervisor; the reason is there either way. */
export interface ProbeResult {
  usable: boolean;
  reason: string;
}

/** The host as the choice sees it. */
export interface AcceleratorHost {
  platform: NodeJS.Platform;
  probeKvm(): Promise<ProbeResult>;
  probeHvf(): Promise<ProbeResult>;
}

const HARDWARE = {
  kvm: { platform: 'linux', title: 'KVM' },
  hvf: { platform: 'darwin', title: 'HVF' },
} as const;

const elsewhere = (name: 'kvm' | 'hvf', platform: NodeJS.Platform): string | undefined =>
  HARDWARE[name].platform === platform
    ? undefined
    : `${HARDWARE[name].title} exists only on ${HARDWARE[name].platform}, this is ${platform}`;

const unusable = (name: 'kvm' | 'hvf', reason: string): BoxliteError =>
  refused(
    `the accelerator '${name}' was asked for, but ${HARDWARE[name].title} cannot be used on this host: ${reason}. Ask for 'auto' or 'tcg'`,
  );

/**
 * Refuses what can be refused without a probe.
 * @throws BoxliteError UnsupportedEngine for a hypervisor of another platform, and for TCG where isolation by hardware is asked for.
 */
export const checkAccelerator = (
  request: 'auto' | Accelerator,
  isolation: 'any' | 'hardware',
  platform: NodeJS.Platform = process.platform,
): void => {
  if (request === 'auto') return;
  if (request === 'tcg') {
    if (isolation === 'hardware') throw refused("isolation 'hardware' excludes the accelerator 'tcg', which was asked for; ask for 'auto'");
    return;
  }
  const reason = elsewhere(request, platform);
  if (reason !== undefined) throw unusable(request, reason);
};

/** Makes the choice for a host; probes it at most once. */
export const acceleratorChooser = (host: AcceleratorHost) => {
  let probed: Promise<ProbeResult> | undefined;
  const hypervisor: 'kvm' | 'hvf' = host.platform === 'darwin' ? 'hvf' : 'kvm';

  const probe = (name: 'kvm' | 'hvf'): Promise<ProbeResult> => {
    const reason = elsewhere(name, host.platform);
    if (reason !== undefined) return Promise.resolve({ usable: false, reason });
    probed ??= (name === 'kvm' ? host.probeKvm() : host.probeHvf()).catch((error: unknown) => ({
      usable: false,
      reason: `the probe failed: ${errorMessage(error)}`,
    }));
    return probed;
  };

  return async (request: 'auto' | Accelerator, isolation: 'any' | 'hardware'): Promise<AcceleratorChoice> => {
    checkAccelerator(request, isolation, host.platform);
    if (request === 'tcg') return { accelerator: 'tcg', isolation: 'emulated', reason: 'TCG was asked for' };
    const name = request === 'auto' ? hypervisor : request;
    const { title } = HARDWARE[name];
    const { usable, reason } = await probe(name);
    if (usable) return { accelerator: name, isolation: 'hardware', reason };
    if (request !== 'auto') throw unusable(name, reason);
    if (isolation === 'hardware')
      throw refused(`isolation 'hardware' needs ${title}, which cannot be used on this host: ${reason}. Isolation 'any' allows TCG`);
    return { accelerator: 'tcg', isolation: 'emulated', reason: `${title} cannot be used: ${reason}` };
  };
};

const refused = (message: string): BoxliteError => new BoxliteError('UnsupportedEngine', message, { reason: 'accelerator' });

const probeHvf = async (): Promise<ProbeResult> => {
  const { stdout } = await promisify(execFile)('sysctl', ['-n', 'kern.hv_support'], { timeout: 5000 });
  const usable = stdout.trim() === '1';
  return { usable, reason: `kern.hv_support is ${stdout.trim()}` };
};

/**
 * Chooses how the virtual CPUs run. The hypervisor is taken only where a probe ran guest code on it; the probe's result is kept for the process.
 * @throws BoxliteError UnsupportedEngine when what was asked for, or isolation by hardware, is not to be had here; the message has the probe's reason.
 */
export const chooseAccelerator = acceleratorChooser({ platform: process.platform, probeKvm: () => probeKvm(), probeHvf });
