import type { Accelerator } from '@boxlite/shim';
import type { BoxliteErrorCode } from '@boxlite/shared';
import type { BoxConfig } from '../options/box-config.js';
import type { BoxState } from './box-state.js';
import type { BoxStatus } from './box-status.js';

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
  labels: Record<string, string>;
  cpus: number;
  memoryMib: number;
  diskSizeMib: number;
  env: Record<string, string>;
  workingDir: string | null;
  user: string | null;
  hostname: string;
  capabilities: string[];
  network: { mode: 'none' };
  detach: boolean;
  autoRemove: boolean;
  /** The VMM's process on the host. */
  pid: number | null;
  accelerator: Accelerator | null;
  /** What separates the guest from the host: the processor, or an emulator and the jail around it. */
  isolation: 'hardware' | 'emulated' | null;
  error: { code: BoxliteErrorCode; message: string } | null;
}

export const boxInfo = (config: BoxConfig, state: BoxState): BoxInfo => ({
  id: config.id,
  name: config.name,
  status: state.status,
  image: config.source.kind === 'image' ? config.source.reference : config.source.path,
  imageDigest: state.imageDigest,
  createdAt: config.createdAt,
  startedAt: state.startedAt,
  stoppedAt: state.stoppedAt,
  labels: { ...config.labels },
  cpus: config.cpus,
  memoryMib: config.memoryMib,
  diskSizeMib: config.diskSizeMib,
  env: { ...config.env },
  workingDir: config.workingDir,
  user: config.user,
  hostname: config.hostname,
  capabilities: [...config.capabilities],
  network: { mode: 'none' },
  detach: config.detach,
  autoRemove: config.autoRemove,
  pid: state.vm?.pid ?? null,
  accelerator: state.vm?.accelerator ?? null,
  isolation: state.vm === null ? null : state.vm.accelerator === 'tcg' ? 'emulated' : 'hardware',
  error: state.error,
});
