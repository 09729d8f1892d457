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

/** What both {@link SimpleBoxOptions} and {@link JsBoxOptions} have. */
interface CommonOptions
  extends
    Pick<OurOptions, 'image' | 'rootfsPath' | 'cpus' | 'memoryMib' | 'diskSizeGb' | 'workingDir' | 'volumes' | 'network' | 'ports'>,
    Pick<OurOptions, 'autoRemove' | 'detach' | 'entrypoint' | 'cmd' | 'user' | 'secrets' | 'advanced'> {
  security?: SecurityOptions;
  healthCheck?: JsHealthCheckOptions;
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

/** @throws BoxliteError `Unsupported`. */
export const inOurWords = <Options extends CommonOptions>({ security, healthCheck, ...rest }: Options) => {
  for (const name of ['maxOpenFiles', 'maxFileSize', 'maxProcesses', 'maxMemory', 'maxCpuTime'] as const) {
    if (security?.[name] !== undefined) {
      const message = `${name} is not supported: the limits of the VMM are BoxLite's; use ulimits for those of the container`;
      throw new BoxliteError('Unsupported', message);
    }
  }
  return {
    ...rest,
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
