/** What this runtime counted of one Box. */
export class BoxCounters {
  executions = 0;
  failedExecutions = 0;
  lastStartSeconds: number | null = null;
}
