import type { ProgressListener } from '../progress.js';

export interface ImageWorkOptions {
  signal?: AbortSignal | undefined;
  /** Told of this one operation, beside what the runtime's own listener is told. */
  onProgress?: ProgressListener | undefined;
}

export const OF_WORK = ['signal', 'onProgress'] as const satisfies readonly (keyof ImageWorkOptions)[];

export interface PullOptions extends ImageWorkOptions {
  /** `os/architecture[/variant]`. @defaultValue that of the guests that run here, such as `linux/amd64` */
  platform?: string;
}

export interface LoadOptions extends ImageWorkOptions {
  /** Which image of an archive that holds several; or the name to give to one without. */
  reference?: string;
}
