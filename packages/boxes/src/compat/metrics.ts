import type { BoxMetrics, RuntimeMetrics } from '@boxlite/core';

/** What a runtime did since it was opened. */
export interface JsRuntimeMetrics {
  boxesCreatedTotal: number;
  boxesFailedTotal: number;
  numRunningBoxes: number;
  totalCommandsExecuted: number;
  totalExecErrors: number;
}

/** What a Box did since its runtime holds it. What other SDKs of this kind have and this has not is not measured. */
export interface JsBoxMetrics {
  commandsExecutedTotal: number;
  execErrorsTotal: number;
  /** How long its last start took; absent when it was not started. */
  guestBootDurationMs?: number;
  /** Of the VMM, on the host; absent when it does not run. */
  memoryBytes?: number;
}

export const runtimeMetricsOf = (metrics: RuntimeMetrics): JsRuntimeMetrics => ({
  boxesCreatedTotal: metrics.boxesCreated,
  boxesFailedTotal: metrics.boxStartFailures,
  numRunningBoxes: metrics.boxesRunning,
  totalCommandsExecuted: metrics.executionsStarted,
  totalExecErrors: metrics.executionFailures,
});

export const boxMetricsOf = ({ executions, failedExecutions, lastStartSeconds, host }: BoxMetrics): JsBoxMetrics => ({
  commandsExecutedTotal: executions,
  execErrorsTotal: failedExecutions,
  ...(lastStartSeconds !== null && { guestBootDurationMs: Math.round(lastStartSeconds * 1000) }),
  ...(host !== null && { memoryBytes: host.memoryBytes }),
});
