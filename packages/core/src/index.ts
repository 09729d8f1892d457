export { BoxliteRuntime } from './runtime/boxlite-runtime.js';
export { LiteBox } from './box/lite-box.js';
export {
  type BoxFiles,
  type BoxFileType,
  type BoxPath,
  Execution,
  type FileStat,
  type ExecOptions,
  type ExitStatus,
  type RunOptions,
  type RunResult,
} from '@boxlite/agent';
export { BoxliteError, type BoxliteErrorCode, type BoxliteResult, toResult } from '@boxlite/shared';
export type { BoxOptions } from './options/box-options.js';
export type { RuntimeOptions } from './options/runtime-options.js';
export type { RegistryOptions } from './images/registry/registry-options.js';
export { type ImageWorkOptions, type LoadOptions, ImageManager, type PruneReport, type PullOptions } from './images/image-manager.js';
export type { ImageInfo } from './images/image-info.js';
export type { ImageConfig } from './images/format/image-config.js';
export type { ImageDiskUse } from './images/manage/disk-use.js';
export { EMBEDDED_IMAGE } from './images/embedded-image.js';
export type { BoxInfo } from './box/box-info.js';
export type { BoxStatus } from './box/box-status.js';
export type { LogLine } from './box/logs.js';
export type { BoxMetrics } from './metrics/box-metrics.js';
export type { RuntimeMetrics } from './metrics/runtime-meters.js';
export type { ProgressEvent, ProgressListener } from './progress.js';
export type { SystemInfo } from './runtime/system-info.js';
export { VERSION } from './version.js';
