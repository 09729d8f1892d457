import { seccompProfile } from '@boxlite/agent';
import { containerSpec } from '../machine/container-spec.js';
import { type OciConfig, ociConfig } from '../oci/oci-config.js';
import { ociSeccomp } from '../oci/seccomp-profile.js';
import type { ImageConfig } from '../images/format/image-config.js';
import type { BoxConfig } from '../options/box-config.js';
import { hasMain, mainCommand } from './main-process.js';
import type { BoxController } from './box-controller.js';

/** What the agent of a Box makes its container of, as an OCI runtime would be told. */
export const describeContainer = async (controller: BoxController): Promise<OciConfig> => {
  const image = await controller.image(new AbortController().signal);
  const profile = await seccompProfile();
  const { config } = controller;
  const command = { args: mainArgs(config, image.config), terminal: config.tty };
  const memoryLimit = controller.isRunning ? await readMemoryLimit(controller) : undefined;
  return ociConfig(containerSpec(config, image), command, (capabilities) => ociSeccomp(profile, capabilities), memoryLimit);
};

const readMemoryLimit = async (controller: BoxController): Promise<number> => {
  const { session } = await controller.start();
  return (await session.metrics()).containerMemoryLimitBytes;
};

/** The Box's main process; of one that has none, what the image would run. A configuration must name something: a shell where nothing is. */
const mainArgs = (config: BoxConfig, image: ImageConfig): readonly string[] => {
  const given = hasMain(config) ? config : { entrypoint: null, cmd: null };
  const isNone = [given.entrypoint ?? image.entrypoint, given.cmd ?? image.cmd].every(({ length }) => length === 0);
  return isNone ? ['sh'] : mainCommand(given, image);
};
