import type { BoxOptions } from '@boxlite/core';
import { softwareImage } from '@boxlite/testbed';

/** A Debian with git, PostgreSQL, editors and viewers. */
export const software = async (): Promise<BoxOptions> => ({ rootfs: { ociLayout: (await softwareImage()).layout } });
