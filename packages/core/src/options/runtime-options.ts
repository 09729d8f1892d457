import { BoxliteError, checkOptions } from '@boxlite/shared';
import { checkAccelerator } from '@boxlite/shim';
import type { ProgressListener } from '../progress.js';
import type { RegistryOptions } from '../images/registry/registry-options.js';
import { checkSecurity, type SecurityOption } from './security.js';
import { checkCount, poolPlan, type WarmPoolOptions } from '../pool/pool-plan.js';

/** How a runtime is opened. Everything has a default. */
export interface RuntimeOptions {
  /**
   * The home directory; made when missing, readable by its owner only.
   * @defaultValue `BOXLITE_HOME`, or `~/.boxlite`
   */
  home?: string;
  /** Credentials, mirrors and certificates of registries; what is not named here is taken from Docker's own configuration. */
  registries?: readonly RegistryOptions[];
  /** QEMU is the only engine there is, so both mean it. @defaultValue `auto` */
  engine?: 'auto' | 'qemu';
  /**
   * `auto` takes KVM or HVF where a probe has shown that guest code runs, and TCG elsewhere. The hypervisor of another platform is refused when
   * the runtime is opened; whether that of this one works is only found out when a Box starts.
   * @defaultValue `auto`
   */
  accelerator?: 'auto' | 'kvm' | 'hvf' | 'tcg';
  /**
   * `hardware` refuses to start a Box that only an emulator would isolate.
   * @defaultValue `any`
   */
  isolation?: 'any' | 'hardware';
  /**
   * What each Box that this runtime starts requires of its jail, beside what its own `security` does. A Box that runs already is not asked.
   * @defaultValue `default`
   */
  security?: SecurityOption;
  /**
   * How many VMs wait for the state of the template that was used last, from 0 to 64: a start from it needs no start of a VMM then. Each takes
   * some 20 MiB of memory, and no processor time. They are for attached Boxes, are made in the background, and end when the runtime is closed.
   * @defaultValue 0
   */
  standby?: number;
  /**
   * VMs that run and are warm, for attached Boxes to come: such a Box starts within milliseconds. Each takes the memory of an idle Box. They are
   * made in the background, and end when the runtime is closed. What a VM of the pool cannot be, a Box of another shape for example, starts
   * without it.
   * @defaultValue none
   */
  warmPool?: WarmPoolOptions;
  /** Told of pulls, preparations and starts. Must not throw. */
  onProgress?: ProgressListener;
}

const MAX_STANDBY = 64;

const OPTIONS = [
  'home',
  'registries',
  'engine',
  'accelerator',
  'isolation',
  'security',
  'standby',
  'warmPool',
  'onProgress',
] as const satisfies readonly (keyof RuntimeOptions)[];

const among = <T extends string>(value: T | undefined, name: string, allowed: readonly T[]): void => {
  if (value !== undefined && !allowed.includes(value)) {
    throw new BoxliteError('InvalidArgument', `${name} is ${JSON.stringify(value)}; it must be one of ${allowed.join(', ')}`);
  }
};

/** @throws BoxliteError `InvalidArgument` naming the option; `UnsupportedEngine` for an accelerator that this platform cannot have. */
export const checkRuntimeOptions = (options: RuntimeOptions): void => {
  checkOptions(options, 'a runtime', OPTIONS);
  if (options.home !== undefined && (typeof options.home !== 'string' || options.home === '')) {
    throw new BoxliteError('InvalidArgument', `home is ${JSON.stringify(options.home)}; it must be the path of a directory`);
  }
  among(options.engine, 'engine', ['auto', 'qemu']);
  among(options.accelerator, 'accelerator', ['auto', 'kvm', 'hvf', 'tcg']);
  among(options.isolation, 'isolation', ['any', 'hardware']);
  checkAccelerator(options.accelerator ?? 'auto', options.isolation ?? 'any');
  checkSecurity(options.security);
  checkCount(options.standby ?? 0, 'standby', MAX_STANDBY);
  poolPlan(options.warmPool);
};
