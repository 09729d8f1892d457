import { type CallOptions, type PortalChannel, unary } from '@boxlite/shared';
import { ContainerService } from '@boxlite/shared/protocol';

import type { ContainerSpec } from './create-container.js';

/** What a container that is set up already can still be given. */
export type ContainerConfig = Pick<ContainerSpec, 'hostname' | 'env' | 'workingDir' | 'user'>;

export const configureContainer = async (channel: PortalChannel, config: ContainerConfig, options: CallOptions): Promise<void> => {
  const { hostname, workingDir, user } = config;
  const request = { hostname, workingDir, user, env: config.env.map((entry) => Buffer.from(entry)) };
  await unary(channel, ContainerService.configure, request, 'configure the container of the Box', options);
};
