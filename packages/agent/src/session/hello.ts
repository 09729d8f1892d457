/** The first call of a session: who is there, and what a guest needs of its host to be itself. */
import { randomBytes } from 'node:crypto';

import { plainText, type PortalChannel, PROTOCOL_VERSION, unary } from '@boxlite/shared';
import { GuestService } from '@boxlite/shared/protocol';

import { machineIdBytes } from './create-container.js';

/** What the agent says of itself and its guest. Its words, so only as true as the guest. */
export interface AgentInfo {
  readonly agentVersion: string;
  readonly kernelRelease: string;
  /** Guest time from the kernel's start to the agent's readiness, in milliseconds. */
  readonly bootMs: number;
  /** True when the container was set up before: the session was made with a Box that ran already. */
  readonly containerReady: boolean;
}

const ENTROPY_BYTES = 64;

export interface HelloOptions {
  signal: AbortSignal | undefined;
  /** The VM was restored from memory that others are restored from as well. */
  newIdentity: boolean;
  /** With it: the machine-id that it is to have, as a container's; `null`: one that nobody has seen. */
  machineId: string | null;
}

/** The wall clock, in nanoseconds since the Unix epoch. */
export const unixNanos = (): bigint => BigInt(Date.now()) * 1_000_000n;

export const hello = async (channel: PortalChannel, { signal, newIdentity, machineId }: HelloOptions): Promise<AgentInfo> => {
  const request = {
    protocolVersion: PROTOCOL_VERSION,
    unixNanos: unixNanos(),
    entropy: randomBytes(ENTROPY_BYTES),
    newIdentity,
    machineId: machineIdBytes(machineId),
  };
  const response = await unary(channel, GuestService.hello, request, 'begin a session with the guest agent', { signal });
  return {
    agentVersion: plainText(response.agentVersion, 64),
    kernelRelease: plainText(response.kernelRelease, 128),
    bootMs: Number(response.bootMicros) / 1000,
    containerReady: response.containerReady,
  };
};
