import type { CgroupPlan } from '../cgroup/vm-cgroup.js';
import type { EngineCommand, EngineInfo } from '../engine/engine.js';
import { ENGINE_LOG, type FileLink, SHARE } from '../engine/files.js';
import type { JailPolicy } from '../jail/policy.js';
import type { VmSpec } from './vm-spec.js';

const BACKGROUND_NICE = 15;

/** What `boxlite-shim` reads from its stdin, as JSON. `native/shim/src/plan.rs` is the other side. */
export interface LaunchPlan extends JailPolicy {
  version: 1;
  directory: string;
  program: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  sockets: readonly { name: string; fd: number }[];
  logs: readonly { name: string; fd: number }[];
  inputs: readonly { path: string; fd: number }[];
  links: readonly FileLink[];
  named: readonly { name: string; source: string }[];
  readable: readonly string[];
  devices: readonly string[];
  /** Null when the guest has nothing of the host's files. */
  share: {
    directory: string;
    mounts: readonly { name: string; source: string; readOnly: boolean }[];
    user: number;
    group: number;
  } | null;
  /** Whether the engine may make files. */
  newFiles: boolean;
  /** Null: it may take of the host what its owner may. */
  cgroup: CgroupPlan | null;
  errorLog: string;
  /** The process whose end is the engine's end; null when the engine lives on. */
  owner: number | null;
  /** Added to the priority (nice(2)): 0 to 19. */
  nice: number;
}

export const launchPlan = (
  { directory, detach, background, share }: Pick<VmSpec, 'directory' | 'detach' | 'background' | 'share'>,
  command: EngineCommand,
  { readable, preload }: Pick<EngineInfo, 'readable' | 'preload'>,
  policy: JailPolicy,
  cgroup: CgroupPlan | null,
): LaunchPlan => ({
  version: 1,
  directory,
  program: command.program,
  args: command.args,
  env: command.env,
  sockets: command.sockets,
  logs: command.logs,
  inputs: command.inputs,
  links: command.links,
  named: command.named,
  readable,
  devices: command.devices,
  share:
    share === undefined
      ? null
      : {
          directory: SHARE,
          mounts: share.mounts.map(({ name, source, readOnly }) => ({ name, source, readOnly })),
          ...share.owner,
        },
  errorLog: ENGINE_LOG,
  owner: detach ? null : process.pid,
  nice: background === true ? BACKGROUND_NICE : 0,
  // Without the preloaded library QEMU asks for a new file even where there is one.
  newFiles: share !== undefined || preload === null,
  jail: policy.jail,
  cgroup,
  limits: policy.limits,
  oomScoreAdj: policy.oomScoreAdj,
});
