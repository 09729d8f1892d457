/** What a runtime counted of one Box. */
export interface BoxCounts {
  executions: number;
  failedExecutions: number;
  lastStartSeconds: number | null;
  lastPauseSeconds: number | null;
}

/** What this runtime counted of one Box. */
export class BoxCounters implements BoxCounts {
  executions = 0;
  failedExecutions = 0;
  lastStartSeconds: number | null = null;
  lastPauseSeconds: number | null = null;

  snapshot(): BoxCounts {
    const { executions, failedExecutions, lastStartSeconds, lastPauseSeconds } = this;
    return { executions, failedExecutions, lastStartSeconds, lastPauseSeconds };
  }
}
