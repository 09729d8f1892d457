import { type CallOptions, type PortalChannel, unary } from '@boxlite/shared';
import { ContainerService } from '@boxlite/shared/protocol';

import { type ContainerSpec, machineIdBytes } from './create-container.js';

/** What a container that is set up already can still be given. */
export type ContainerConfig = Pick<ContainerSpec, 'hostname' | 'machineId' | 'env' | 'workingDir' | 'user'>;

export const configureContainer = async (channel: PortalChannel, config: ContainerConfig, options: CallOptions): Promise<void> => {
  const { hostname, machineId, workingDir, user } = config;
  const env = config.env.map((entry) => Buffer.from(entry));
  const request = { hostname, machineId: machineIdBytes(machineId), workingDir, user, env };
  await unary(channel, ContainerService.configure, request, 'configure the container of the Box', options);
};
