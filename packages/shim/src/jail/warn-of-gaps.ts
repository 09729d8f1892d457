import type { JailReport } from './jail-report.js';
import { missingLayers } from './layers.js';

let warned = false;

/** Says once in this process that the jail is not whole, and how it could be. */
export const warnOfGaps = (report: JailReport): void => {
  const missing = missingLayers(report);
  if (missing === undefined || warned) return;
  warned = true;
  process.emitWarning(`Boxes run without these layers of their jail: ${missing.names.join(', ')}. ${missing.advice}`, {
    code: 'BOXLITE_JAIL',
  });
};
