import { BoxliteError, type BoxOptions } from '@boxlite/core';
import { planOf, type SimpleBoxOptions as OurOptions } from '../simple/simple-box-options.js';
import type { RuntimeSource } from '../default-runtime.js';

/** The jail around a Box's VMM. It is always there, with all that the host offers, and never less by these options. */
export interface SecurityOptions {
  /** The jail is there either way. */
  jailerEnabled?: boolean;
  /** The list of system calls is there either way. */
  seccompEnabled?: boolean;
  /** The VMM has no network either way. */
  networkEnabled?: boolean;
  /** The VMM has none of this program's descriptors either way. */
  closeFds?: boolean;
  /** Not supported, as the four after it: the limits of the VMM are BoxLite's. */
  maxOpenFiles?: number;
  maxFileSize?: number;
  maxProcesses?: number;
  maxMemory?: number;
  maxCpuTime?: number;
}

/** That the Box is asked now and then whether it can still run a command: `true`, which its image must have. Times in seconds. */
export interface JsHealthCheckOptions {
  interval: number;
  timeout: number;
  retries: number;
  startPeriod: number;
}

/** Not supported yet, but `disabled`. */
export type NetworkSpec = NonNullable<OurOptions['network']>;

/** A secret that requests over the network are given on their way. Not supported: Boxes have no network yet. */
export interface Secret {
  name: string;
  value: string;
  hosts?: string[];
  placeholder?: string;
}

/** A volume of the home, by its id or name. */
export interface JsManagedVolumeSpec {
  managedVolume: string;
  guestPath: string;
  readOnly?: boolean;
}

/** What both {@link SimpleBoxOptions} and {@link JsBoxOptions} have. */
interface CommonOptions
  extends
    Pick<OurOptions, 'image' | 'rootfsPath' | 'cpus' | 'memoryMib' | 'diskSizeGb' | 'workingDir' | 'network' | 'ports'>,
    Pick<OurOptions, 'autoRemove' | 'detach' | 'entrypoint' | 'cmd' | 'user' | 'secrets' | 'advanced'> {
  security?: SecurityOptions;
  healthCheck?: JsHealthCheckOptions;
  /** Directories and files of the host, and volumes of the home. */
  volumes?: readonly (NonNullable<OurOptions['volumes']>[number] | JsManagedVolumeSpec)[];
  /** Seconds without work after which it stops by itself; 0 for never. @defaultValue 0 */
  autoStop?: number;
  /** In place of `autoRemove`, when it is given: 0 for false, more for true. */
  autoDelete?: number;
  /** Only true is supported: a Box that is used is started. */
  autoResume?: boolean;
}

/** What a SimpleBox is made with. */
export interface SimpleBoxOptions extends CommonOptions, Pick<OurOptions, 'name' | 'reuseExisting'> {
  env?: Record<string, string>;
  /** The runtime it belongs to. @defaultValue the default one, which is open while Boxes that name none are in use */
  runtime?: RuntimeSource;
}

/** What `JsBoxlite.create` takes. */
export interface JsBoxOptions extends CommonOptions {
  env?: readonly { key: string; value: string }[];
}

const volumeOf = (volume: NonNullable<CommonOptions['volumes']>[number]): NonNullable<OurOptions['volumes']>[number] =>
  'managedVolume' in volume
    ? { name: volume.managedVolume, boxPath: volume.guestPath, ...(volume.readOnly !== undefined && { readOnly: volume.readOnly }) }
    : volume;

/** @throws BoxliteError `Unsupported`. */
export const inOurWords = <Options extends CommonOptions>(options: Options) => {
  const { security, healthCheck, volumes, autoStop, autoDelete, autoResume, ...rest } = options;
  if (autoResume === false)
    throw new BoxliteError('Unsupported', 'autoResume: false is not supported; leave it out: a Box that is used is started');
  for (const name of ['maxOpenFiles', 'maxFileSize', 'maxProcesses', 'maxMemory', 'maxCpuTime'] as const) {
    if (security?.[name] !== undefined) {
      const message = `${name} is not supported: the limits of the VMM are BoxLite's; use ulimits for those of the container`;
      throw new BoxliteError('Unsupported', message);
    }
  }
  return {
    ...rest,
    ...(volumes !== undefined && { volumes: volumes.map(volumeOf) }),
    ...(autoStop !== undefined && autoStop > 0 && { idleTimeoutMs: autoStop * 1000 }),
    ...(autoDelete !== undefined && { autoRemove: autoDelete > 0 }),
    ...(healthCheck !== undefined && {
      healthCheck: {
        command: ['true'],
        intervalMs: healthCheck.interval * 1000,
        timeoutMs: healthCheck.timeout * 1000,
        retries: healthCheck.retries,
        startPeriodMs: healthCheck.startPeriod * 1000,
      },
    }),
  };
};

/** @throws BoxliteError `Unsupported` for what there is not yet; `InvalidArgument` for what makes no sense. */
export const boxOptionsOf = ({ env, ...options }: JsBoxOptions, name: string | undefined): BoxOptions =>
  planOf({
    ...inOurWords(options),
    ...(env !== undefined && { env: Object.fromEntries(env.map(({ key, value }) => [key, value])) }),
    ...(name !== undefined && { name }),
  }).box;
