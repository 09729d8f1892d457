import { type CallOptions, type PortalChannel, unary } from '@boxlite/shared';
import { ContainerService } from '@boxlite/shared/protocol';

/** What a Box's container is like. */
export interface ContainerSpec {
  hostname: string;
  /** Environment of every process, as `NAME=value`. */
  env: readonly string[];
  /** Working directory of commands that name none; made when missing. Absolute. */
  workingDir: string;
  /** User of commands that name none, as `name|uid[:group|gid]`; empty means root. */
  user: string;
  /** Names such as `CAP_NET_RAW`; all others are dropped. */
  capabilities: readonly string[];
  maskedPaths: readonly string[];
  readonlyPaths: readonly string[];
  /** Size of /dev/shm. */
  shmBytes: number | bigint;
}

/** Returns how long the set-up took inside the guest, in milliseconds. */
export const createContainer = async (channel: PortalChannel, spec: ContainerSpec, options: CallOptions): Promise<{ setupMs: number }> => {
  const request = {
    ...spec,
    env: spec.env.map((entry) => Buffer.from(entry)),
    capabilities: [...spec.capabilities],
    maskedPaths: [...spec.maskedPaths],
    readonlyPaths: [...spec.readonlyPaths],
    shmBytes: BigInt(spec.shmBytes),
  };
  const { setupMicros } = await unary(channel, ContainerService.create, request, 'set up the container of the Box', options);
  return { setupMs: Number(setupMicros) / 1000 };
};
