import { type CallOptions, type PortalChannel, unary } from '@boxlite/shared';
import { ContainerService } from '@boxlite/shared/protocol';

/** A volume and its place in the container. */
export interface VolumeMount {
  /** The name of what the host shares, or the number of a disk of the machine, counted from 0. */
  source: { $case: 'share'; value: string } | { $case: 'disk'; value: number };
  /** Absolute; made when missing. */
  boxPath: string;
  readOnly: boolean;
}

export const mountVolumes = async (channel: PortalChannel, volumes: readonly VolumeMount[], options: CallOptions): Promise<void> => {
  const request = { volumes: volumes.map(({ source, boxPath, readOnly }) => ({ source, target: Buffer.from(boxPath), readOnly })) };
  await unary(channel, ContainerService.mount, request, 'mount the volumes of the Box', options);
};
