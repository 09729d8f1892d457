export { BoxliteRuntime } from './runtime/boxlite-runtime.js';
export { LiteBox } from './box/lite-box.js';
export {
  type BoxFiles,
  type BoxFileType,
  type BoxHealth,
  type BoxPath,
  type CopyOwner,
  Execution,
  type BoxProcess,
  type ExecutionInfo,
  type FileEvent,
  type FileEventType,
  type FileStat,
  type HealthResult,
  type ExecOptions,
  type ExitStatus,
  type RunOptions,
  type RunResult,
} from '@boxlite/agent';
export { BoxliteError, type BoxliteErrorCode, type BoxliteResult, toResult } from '@boxlite/shared';
export type { ExportOptions, ImportOptions } from './archive/box-archives.js';
export type { BoxOptions } from './options/box-options.js';
export type { CheckedDiskLimits, DiskLimits } from './options/disk-limits.js';
export type { Confinement, ConfinementOptions, Ulimit, UlimitName } from './options/confinement.js';
export type { HealthCheckConfig, HealthCheckOptions } from './options/health-check.js';
export type { RestartOption } from './options/restart-policy.js';
export type { SecurityOption } from './options/security.js';
export type { RuntimeOptions } from './options/runtime-options.js';
export type { WarmPoolOptions } from './pool/pool-plan.js';
export type { RegistryOptions } from './images/registry/registry-options.js';
export { ImageManager, type PruneReport } from './images/image-manager.js';
export type { ImageWorkOptions, LoadOptions, PullOptions } from './images/image-options.js';
export { type CreateVolumeOptions, type VolumeInfo, VolumeManager } from './volumes/volume-manager.js';
export type { BoxVolume, HostVolume, NamedVolume } from './volumes/volume-options.js';
export type { ImageInfo } from './images/image-info.js';
export type { ImageConfig } from './images/format/image-config.js';
export type { ImageDiskUse } from './images/manage/disk-use.js';
export { EMBEDDED_IMAGE } from './images/embedded-image.js';
export { formatOciConfig, type OciConfig } from './oci/oci-config.js';
export type { BoxInfo } from './box/box-info.js';
export type { CopyInOptions, CopyOptions, CopyProgress, CopyResult } from './box/copy-options.js';
export type { CloneOptions } from './box/clone-box.js';
export type { StopReason } from './box/box-state.js';
export type { BoxStatus } from './state/box-lifecycle.js';
export type { StartOrigin } from './machine/start-origin.js';
export { BoxSnapshots, type SnapshotInfo } from './snapshots/box-snapshots.js';
export type { LogLine } from './box/logs.js';
export type { AttachOptions } from './box/main-process.js';
export { homeDirectory } from './runtime/home-directory.js';
export { readEvents, type ReadEventsOptions } from './events/read-events.js';
export type { BoxAction, EventAttributes, ImageAction, RuntimeEvent } from './events/runtime-event.js';
export type { BoxMetrics } from './metrics/box-metrics.js';
export type { RuntimeMetrics } from './metrics/runtime-meters.js';
export type { ProgressEvent, ProgressListener } from './progress.js';
export type { RecoveryAction, RecoveryReport } from './recovery/recovery-report.js';
export type { SystemInfo } from './runtime/system-info.js';
export { VERSION } from './version.js';
