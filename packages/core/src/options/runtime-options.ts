import { BoxliteError } from '@boxlite/shared';
import type { ProgressListener } from '../progress.js';
import { unsupported } from '../unsupported.js';
import type { RegistryOptions } from '../images/registry/registry-options.js';
import type { BoxOptions } from './box-options.js';

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
   * `auto` takes KVM or HVF where a probe has shown that guest code runs, and TCG elsewhere.
   * @defaultValue `auto`
   */
  accelerator?: 'auto' | 'kvm' | 'hvf' | 'tcg';
  /**
   * `hardware` refuses to start a Box that only an emulator would isolate.
   * @defaultValue `any`
   */
  isolation?: 'any' | 'hardware';
  /** Not supported yet. */
  warmPool?: { size: number; shape?: BoxOptions };
  /** Told of pulls, preparations and starts. Must not throw. */
  onProgress?: ProgressListener;
}

const OPTIONS = [
  'home',
  'registries',
  'engine',
  'accelerator',
  'isolation',
  'warmPool',
  'onProgress',
] as const satisfies readonly (keyof RuntimeOptions)[];

const among = <T extends string>(value: T | undefined, name: string, allowed: readonly T[]): void => {
  if (value !== undefined && !allowed.includes(value)) {
    throw new BoxliteError('InvalidArgument', `${name} is ${JSON.stringify(value)}; it must be one of ${allowed.join(', ')}`);
  }
};

/** @throws BoxliteError `InvalidArgument` naming the option; `Unsupported` for what is not there yet. */
export const checkRuntimeOptions = (options: RuntimeOptions): void => {
  const unknown = Object.keys(options).find((name) => !(OPTIONS as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new BoxliteError('InvalidArgument', `there is no option '${unknown}' for a runtime; there are ${OPTIONS.join(', ')}`);
  }
  if (options.home !== undefined && (typeof options.home !== 'string' || options.home === '')) {
    throw new BoxliteError('InvalidArgument', `home is ${JSON.stringify(options.home)}; it must be the path of a directory`);
  }
  among(options.engine, 'engine', ['auto', 'qemu']);
  among(options.accelerator, 'accelerator', ['auto', 'kvm', 'hvf', 'tcg']);
  among(options.isolation, 'isolation', ['any', 'hardware']);
  if (options.warmPool !== undefined) throw unsupported('warmPool');
};
