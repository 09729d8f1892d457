import type { ProgressEvent } from '@boxlite/core';

/** Work that ends sooner than this is not worth a word. */
export const QUIET_MS = 300;

/** Shows progress to somebody. Disposed as soon as something else is to be printed; what comes later is not shown. */
export interface ProgressView extends Disposable {
  show(event: ProgressEvent): void;
}

/** What shows nothing: `--quiet`. */
export const silentView = (): ProgressView => ({ show: () => undefined, [Symbol.dispose]: () => undefined });
