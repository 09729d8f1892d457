import type { Logger } from '../logging/logger.js';
import type { ProgressListener } from '../progress.js';

/** A listener that throws is told of in the log, and hurts nobody else. */
export const carefulListener = (listener: ProgressListener | undefined, log: Logger): ProgressListener => {
  if (listener === undefined) return () => undefined;
  return (event) => {
    try {
      listener(event);
    } catch (error) {
      log.error('onProgress threw', { error: String(error) });
    }
  };
};
