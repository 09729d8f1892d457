import type { BoxHealth } from '@boxlite/agent';
import { type Accelerator, layersInForce } from '@boxlite/shim';
import type { BoxliteErrorCode } from '@boxlite/shared';
import type { StartOrigin } from '../machine/start-origin.js';
import type { BoxConfig } from '../options/box-config.js';
import type { HealthCheckConfig } from '../options/health-check.js';
import type { CheckedDiskLimits } from '../options/disk-limits.js';
import { formatRestart, type RestartOption } from '../options/restart-policy.js';
import type { Confinement } from '../options/confinement.js';
import type { BoxVolume } from '../volumes/volume-options.js';
import type { BoxState, StopReason } from './box-state.js';
import type { BoxStatus } from '../state/box-lifecycle.js';

/** What is known of a Box; plain data. Times are ISO 8601 in UTC, `null` where there is none. */
export interface BoxInfo {
  id: string;
  name: string | null;
  status: BoxStatus;
  /** The image's reference, or the path of its OCI layout or archive. */
  image: string;
  /** The digest of the manifest that the Box runs; `null` before its first start. */
  imageDigest: string | null;
  createdAt: string;
  startedAt: string | null;
  stoppedAt: string | null;
  /** Why the VM of the last start ended; `null` while there is one, or when it failed. */
  stopReason: StopReason | null;
  labels: Record<string, string>;
  cpus: number;
  memoryMib: number;
  diskSizeMib: number;
  /** How fast its disks may be read and written; `null` where there is no limit. */
  diskLimits: CheckedDiskLimits;
  env: Record<string, string>;
  workingDir: string | null;
  user: string | null;
  hostname: string;
  /** The main process as the Box was created; all `null` and false when it has none. */
  entrypoint: string[] | null;
  cmd: string[] | null;
  tty: boolean;
  openStdin: boolean;
  /** As it was created with; `null`: the image's, or SIGTERM. */
  stopSignal: string | null;
  /** How the main process of the last start ended: one of both is not `null`, unless it runs or there is none. */
  exitCode: number | null;
  exitSignal: NodeJS.Signals | null;
  /** The main process of the last start was killed because the guest's memory had run out. */
  oomKilled: boolean;
  capabilities: string[];
  /** What else its container may do and use. */
  confinement: Confinement;
  /** In the order in which they are mounted. */
  volumes: BoxVolume[];
  network: { mode: 'none' };
  detach: boolean;
  autoRemove: boolean;
  /** `null`: it never stops for want of work. */
  idleTimeoutMs: number | null;
  /** What its checks have come to; `null` where there are none, or it does not run. */
  health: BoxHealth | null;
  /** As it was created with; the rest is the image's. */
  healthCheck: HealthCheckConfig | 'none' | null;
  restart: RestartOption;
  /** How often it was started again by that, since somebody has started it. */
  restartCount: number;
  /** The VMM's process on the host. */
  pid: number | null;
  accelerator: Accelerator | null;
  /** What the VM was started from, the last one's when there is none now. */
  startedFrom: StartOrigin | null;
  /** What separates the guest from the host: the processor, or an emulator and the jail around it. */
  isolation: 'hardware' | 'emulated' | null;
  /** The layers that hold the VMM's process; `null` when there is none. */
  jail: readonly string[] | null;
  /**
   * Why the Box failed; of one that is `paused`: that the host has no room for what it writes, so that it cannot go on; of a detached one that was
   * `lost`: what it said last.
   */
  error: { code: BoxliteErrorCode; message: string } | null;
}

export const boxInfo = (config: BoxConfig, state: BoxState, health: BoxHealth | null): BoxInfo => ({
  id: config.id,
  name: config.name,
  status: state.status,
  image: config.source.kind === 'image' ? config.source.reference : config.source.path,
  imageDigest: state.imageDigest,
  createdAt: config.createdAt,
  startedAt: state.startedAt,
  stoppedAt: state.stoppedAt,
  stopReason: state.stopReason,
  labels: { ...config.labels },
  cpus: config.cpus,
  memoryMib: config.memoryMib,
  diskSizeMib: config.diskSizeMib,
  diskLimits: { ...config.diskLimits },
  env: { ...config.env },
  workingDir: config.workingDir,
  user: config.user,
  hostname: config.hostname,
  entrypoint: config.entrypoint && [...config.entrypoint],
  cmd: config.cmd && [...config.cmd],
  tty: config.tty,
  openStdin: config.openStdin,
  stopSignal: config.stopSignal,
  exitCode: state.main?.exit?.exitCode ?? null,
  exitSignal: state.main?.exit?.signal ?? null,
  oomKilled: state.main?.exit?.oomKilled ?? false,
  capabilities: [...config.capabilities],
  confinement: structuredClone(config.confinement),
  volumes: config.volumes.map((volume) => ({ ...volume })),
  network: { mode: 'none' },
  detach: config.detach,
  autoRemove: config.autoRemove,
  idleTimeoutMs: config.idleTimeoutMs,
  health,
  healthCheck: structuredClone(config.healthCheck),
  restart: formatRestart(config.restart),
  restartCount: state.restarts,
  pid: state.vm?.pid ?? null,
  accelerator: state.vm?.accelerator ?? null,
  startedFrom: state.startedFrom,
  isolation: state.vm === null ? null : state.vm.accelerator === 'tcg' ? 'emulated' : 'hardware',
  jail: state.vm === null ? null : layersInForce(state.vm.jail),
  error: state.error,
});
