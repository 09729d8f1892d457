import type { ImageInfo } from '@boxlite/core';
import { CliError } from '../errors/cli-error.js';

/**
 * What is run: the entrypoint with the command given, or with the image's own (OCI image-spec, config.md; as Docker combines them).
 * @param entrypoint takes the place of the image's entrypoint and command; empty for none
 */
export const commandLine = (
  { config, reference, digest }: Pick<ImageInfo, 'config' | 'reference' | 'digest'>,
  command: readonly string[],
  entrypoint?: string,
): [command: string, ...args: string[]] => {
  const line =
    entrypoint === undefined
      ? [...config.entrypoint, ...(command.length > 0 ? command : config.cmd)]
      : entrypoint === ''
        ? [...command]
        : [entrypoint, ...command];
  const [first, ...args] = line;
  if (first === undefined) throw new CliError(`the image ${reference ?? digest} has no command of its own`, 'Give one after the image.');
  return [first, ...args];
};
