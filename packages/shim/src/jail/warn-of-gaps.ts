import type { JailReport } from './jail-report.js';
import { adviceOn, missingLayers, STRICT_LAYERS } from './layers.js';

let warned = false;

/** Says once in this process that the jail is not whole, and how it could be. */
export const warnOfGaps = (report: JailReport): void => {
  const missing = missingLayers(report).filter(({ name }) => STRICT_LAYERS.includes(name));
  if (missing.length === 0 || warned) return;
  warned = true;
  const names = missing.map(({ name }) => name).join(', ');
  process.emitWarning(`Boxes run without these layers of their jail: ${names}. ${adviceOn(missing, report)}`, { code: 'BOXLITE_JAIL' });
};
