import type { BoxInfo, BoxOptions } from '@boxlite/core';
import { compact } from '../options/compact.js';

/** True for a Box that has a main process. */
export const hasMain = ({ entrypoint, cmd, tty }: Pick<BoxInfo, 'entrypoint' | 'cmd' | 'tty'>): boolean =>
  entrypoint !== null || cmd !== null || tty;

/** True for a Box whose main process, if it has one, runs or is about to. */
export const isUp = ({ status }: Pick<BoxInfo, 'status'>): boolean => ['starting', 'running', 'paused'].includes(status);

/** The main process of a Box, as Docker's command line names it: an entrypoint of its own takes the place of the image's, empty for none. */
export const mainOptions = (
  { entrypoint, interactive, tty, stopSignal }: { entrypoint?: string; interactive?: boolean; tty?: boolean; stopSignal?: string },
  command: readonly string[],
): Pick<BoxOptions, 'entrypoint' | 'cmd' | 'tty' | 'openStdin' | 'stopSignal'> =>
  compact({
    entrypoint: entrypoint === undefined ? undefined : entrypoint === '' ? [] : [entrypoint],
    cmd: command,
    tty: tty === true ? true : undefined,
    openStdin: interactive === true ? true : undefined,
    stopSignal,
  });
