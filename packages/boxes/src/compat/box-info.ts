import type { BoxInfo, BoxStatus } from '@boxlite/core';

export interface JsHealthStatus {
  state: 'None' | 'Starting' | 'Healthy' | 'Unhealthy';
  /** So many checks failed one after the other, until now. */
  failures: number;
  /** When the last one ended, in ISO 8601; absent when there was none. */
  lastCheck?: string;
}

export interface JsBoxStateInfo {
  status: BoxStatus;
  running: boolean;
  /** Of the VMM, while it runs. */
  pid?: number;
}

/** What may pass in one direction: nothing, as Boxes have no network yet. */
export interface JsNetworkDirectionInfo {
  mode: 'enabled' | 'disabled';
  allowNet: string[];
}

/** The network of a Box, which has none yet. `mode` and `allowNet` are those of `outbound`. */
export interface JsNetworkInfo extends JsNetworkDirectionInfo {
  outbound: JsNetworkDirectionInfo;
  inbound: JsNetworkDirectionInfo;
  publishedPorts: never[];
}

/** What was known of a Box when it was asked for. */
export interface JsBoxInfo {
  id: string;
  name?: string;
  state: JsBoxStateInfo;
  /** In ISO 8601. */
  createdAt: string;
  /** In ISO 8601; absent when it was never started. */
  startedAt?: string;
  /** The image's reference, or where its layout is. */
  image: string;
  cpus: number;
  memoryMib: number;
  healthStatus: JsHealthStatus;
  network: JsNetworkInfo;
  /** Seconds without work after which it stops by itself; 0 for never. */
  autoStop: number;
  /** 0: it is kept for good, or removed at once when it stops. */
  autoDelete: number;
  /** True: a Box that is used is started. */
  autoResume: boolean;
}

const STATES = { starting: 'Starting', healthy: 'Healthy', unhealthy: 'Unhealthy' } as const;

const healthOf = (health: BoxInfo['health']): JsHealthStatus => {
  if (health === null) return { state: 'None', failures: 0 };
  const last = health.log.at(-1);
  return { state: STATES[health.status], failures: health.failingStreak, ...(last !== undefined && { lastCheck: last.endedAt }) };
};

const noDirection = (): JsNetworkDirectionInfo => ({ mode: 'disabled', allowNet: [] });

const noNetwork = (): JsNetworkInfo => ({ ...noDirection(), outbound: noDirection(), inbound: noDirection(), publishedPorts: [] });

export const boxInfoOf = ({
  id,
  name,
  status,
  pid,
  createdAt,
  startedAt,
  image,
  cpus,
  memoryMib,
  health,
  ...rest
}: BoxInfo): JsBoxInfo => ({
  id,
  ...(name !== null && { name }),
  state: { status, running: status === 'running', ...(pid !== null && { pid }) },
  createdAt,
  ...(startedAt !== null && { startedAt }),
  image,
  cpus,
  memoryMib,
  healthStatus: healthOf(health),
  network: noNetwork(),
  autoStop: Math.round((rest.idleTimeoutMs ?? 0) / 1000),
  autoDelete: 0,
  autoResume: true,
});
