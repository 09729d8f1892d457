/**
 * BoxLite by the names and shapes of the original BoxLite's SDK for Node.js, so that a program for that runs when its import is changed to
 * `@boxlite/boxes/compat`. A thin layer over the other boxes and `@boxlite/core`. What there is not yet (a network, ports, browsers,
 * servers) is refused with `Unsupported`.
 */
export { SimpleBox } from './simple-box.js';
export { CodeBox, type CodeBoxOptions } from './code-box.js';
export { InteractiveBox, type InteractiveBoxOptions } from './interactive-box.js';
export { getJsBoxlite, JsBoxlite } from './boxlite.js';
export { JsBox } from './box.js';
export { type JsExecResult, JsExecStderr, JsExecStdin, JsExecStdout, JsExecution } from './execution.js';
export { type JsSnapshotInfo, JsSnapshotHandle } from './snapshots.js';
export { ImageHandle, type ImageInfo, type ImagePullResult } from './images.js';
export type { JsBoxInfo, JsBoxStateInfo, JsHealthStatus, JsNetworkDirectionInfo, JsNetworkInfo } from './box-info.js';
export { VolumeHandle, type VolumeInfo } from './volumes.js';
export type { JsBoxMetrics, JsRuntimeMetrics } from './metrics.js';
export type { JsBoxOptions, JsHealthCheckOptions, JsManagedVolumeSpec, NetworkSpec } from './box-options.js';
export type { Secret, SecurityOptions, SimpleBoxOptions } from './box-options.js';
export { DEFAULT_CPUS, DEFAULT_MEMORY_MIB } from './constants.js';
export { errorCode, type ErrorCode } from './error-code.js';
export type { JsImageRegistry, JsImageRegistryAuth, JsOptions } from './runtime-options.js';
export type { CopyOptions, CopyOutOutcome, CopyOutPair } from './copy.js';
export { ApiKeyCredential, BoxliteRestOptions, BrowserBox, ComputerBox, getNativeModule, NetworkHandle, SkillBox } from './refused.js';
export type { ExecResult } from '../simple/exec-result.js';
export { ExecError, ParseError, TimeoutError } from '../errors.js';
export { BoxliteError } from '@boxlite/core';
