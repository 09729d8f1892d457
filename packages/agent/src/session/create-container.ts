import { type CallOptions, type PortalChannel, unary } from '@boxlite/shared';
import { ContainerService } from '@boxlite/shared/protocol';

/** What a Box's container is like. */
export interface ContainerSpec {
  hostname: string;
  /** What /etc/machine-id says unless the image has one: a UUID of version 4 in 32 hexadecimal digits; `null`: the agent's choice. */
  machineId: string | null;
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
  /** Nothing but what is mounted can be written to. */
  readonlyRoot: boolean;
  noNewPrivileges: boolean;
  /** Whether only the system calls of the default profile are there. */
  seccomp: boolean;
  /** Processes and threads at the same time; 0: any number. */
  maxPids: number;
  /** By names such as `RLIMIT_NOFILE`; 2^64 - 1 is no limit. */
  limits: readonly { readonly name: string; readonly soft: bigint; readonly hard: bigint }[];
  /** By names with dots. */
  sysctls: readonly { readonly name: string; readonly value: string }[];
  /**
   * Sizes of the root image and of the writable disk, when they were put in the place of others in a VM that was there before: the guest
   * waits until it sees them. @defaultValue 0n: as they are
   */
  imageBytes?: number | bigint;
  diskBytes?: number | bigint;
}

/** As the protocol has it. */
export const machineIdBytes = (machineId: string | null): Buffer => Buffer.from(machineId ?? '', 'hex');

/** Returns how long the set-up took inside the guest, in milliseconds. */
export const createContainer = async (channel: PortalChannel, spec: ContainerSpec, options: CallOptions): Promise<{ setupMs: number }> => {
  const { machineId, ...rest } = spec;
  const request = {
    ...rest,
    machineId: machineIdBytes(machineId),
    env: spec.env.map((entry) => Buffer.from(entry)),
    capabilities: [...spec.capabilities],
    maskedPaths: [...spec.maskedPaths],
    readonlyPaths: [...spec.readonlyPaths],
    shmBytes: BigInt(spec.shmBytes),
    maxPids: BigInt(spec.maxPids),
    limits: [...spec.limits],
    sysctls: [...spec.sysctls],
    imageBytes: BigInt(spec.imageBytes ?? 0n),
    diskBytes: BigInt(spec.diskBytes ?? 0n),
  };
  const { setupMicros } = await unary(channel, ContainerService.create, request, 'set up the container of the Box', options);
  return { setupMs: Number(setupMicros) / 1000 };
};
