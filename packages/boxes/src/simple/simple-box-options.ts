import { BoxliteError, type BoxOptions, type BoxliteRuntime, type HostVolume, type NamedVolume } from '@boxlite/core';
import type { RuntimeSource } from '../default-runtime.js';

/** Where a Box sees the network; only `disabled` is supported yet. */
export interface NetworkSpec {
  mode?: 'enabled' | 'disabled';
  outbound?: { mode: 'enabled' | 'disabled'; allowNet?: readonly string[] };
  inbound?: { mode: 'enabled' | 'disabled' };
  /** Names and addresses that may be reached. */
  allowNet?: readonly string[];
}

/** All that `runtime.create` takes, in its own words or in those that programs for other SDKs of this kind know. */
export interface SimpleBoxOptions extends Omit<BoxOptions, 'volumes' | 'ports' | 'network'> {
  /** Directory of an OCI layout, in place of `image`. */
  rootfsPath?: string;
  /** Size of the writable disk in GiB; see `diskSizeMib`. */
  diskSizeGb?: number;
  /** Removed, with its disk, when it stops. @defaultValue true */
  autoRemove?: boolean;
  /** Take the Box of this `name` when there is one, with its own options. @defaultValue false: a name that is taken is an error */
  reuseExisting?: boolean;
  /** The runtime it belongs to. @defaultValue one that all share who name none; it is open while one of their Boxes is in use */
  runtime?: BoxliteRuntime | RuntimeSource;
  /** Directories, files and named volumes; the place in the Box is `boxPath` or `guestPath`. */
  volumes?: readonly (HostVolume | NamedVolume | { hostPath: string; guestPath: string; readOnly?: boolean })[];
  /** Not supported yet. */
  ports?: readonly { guestPort: number; hostPort?: number; protocol?: string }[];
  /** Only a Box without a network is supported yet. @defaultValue no network */
  network?: NetworkSpec | NonNullable<BoxOptions['network']>;
  /** Not supported yet. */
  secrets?: readonly object[];
  /** `capabilities` under another name. */
  advanced?: { capabilities?: { add?: readonly string[]; drop?: readonly string[] } };
}

/** What of the options is the Box's own. */
export interface SimpleBoxPlan {
  readonly box: BoxOptions;
  readonly reuse: boolean;
}

const invalid = (message: string): BoxliteError => new BoxliteError('InvalidArgument', message);

const refuse = (feature: string): never => {
  throw new BoxliteError('Unsupported', `${feature} is not supported by this version of BoxLite; leave it out`);
};

const volumeOf = (volume: NonNullable<SimpleBoxOptions['volumes']>[number]): HostVolume | NamedVolume => {
  if (!('guestPath' in volume)) return volume;
  const { guestPath, ...rest } = volume;
  return { ...rest, boxPath: guestPath };
};

const checkNetwork = (network: NonNullable<SimpleBoxOptions['network']>): void => {
  const { mode, allowNet, outbound, inbound } = network as NetworkSpec;
  const modes = [mode, outbound?.mode, inbound?.mode].filter((each) => each !== undefined) as string[];
  if (modes.length === 0) throw invalid('network says neither mode, outbound nor inbound; the only one supported is { mode: "disabled" }');
  const allowed = [allowNet, outbound?.allowNet].some((names) => names !== undefined && names.length > 0);
  if (allowed || modes.some((each) => each !== 'disabled' && each !== 'none')) refuse('A network');
};

/** @throws BoxliteError `Unsupported` for what there is not yet; `InvalidArgument` for options that exclude each other. */
export const planOf = (options: SimpleBoxOptions): SimpleBoxPlan => {
  const { rootfsPath, diskSizeGb, reuseExisting = false, autoRemove = true, volumes, ports, network, secrets, advanced, ...rest } = options;
  if (network !== undefined) checkNetwork(network);
  if (ports !== undefined && ports.length > 0) refuse('A port');
  if (secrets !== undefined && secrets.length > 0) refuse('A secret');
  if (reuseExisting && options.name === undefined) throw invalid('reuseExisting needs a name; give one');
  if (rootfsPath !== undefined && options.rootfs !== undefined) throw invalid('rootfs and rootfsPath exclude each other; give one');
  if (diskSizeGb !== undefined && options.diskSizeMib !== undefined)
    throw invalid('diskSizeGb and diskSizeMib exclude each other; give one');
  const { runtime: _, ...box } = rest;
  const capabilities = box.capabilities ?? advanced?.capabilities;
  // Both name a root file system; the layout is the one meant where an SDK of this kind is given both.
  if (rootfsPath !== undefined) delete box.image;
  return {
    reuse: reuseExisting,
    box: {
      ...box,
      autoRemove,
      ...(rootfsPath !== undefined && { rootfs: { ociLayout: rootfsPath } }),
      ...(diskSizeGb !== undefined && { diskSizeMib: Math.round(diskSizeGb * 1024) }),
      ...(volumes !== undefined && { volumes: volumes.map(volumeOf) }),
      ...(capabilities !== undefined && { capabilities }),
    },
  };
};
