import { BoxliteError } from '@boxlite/shared';
import type { JailReport } from './jail-report.js';
import { adviceOn, type JailLayer, missingLayers, STRICT_LAYERS } from './layers.js';

/** A layer that must be in force, or `strict`: all that keep a VMM from what is not its own. */
export type JailRequirement = 'strict' | JailLayer;

/**
 * Refuses a jail that lacks a layer which is required.
 * @throws BoxliteError `Unsupported`, reason `jail-incomplete`, naming the layers and how to get them.
 */
export const requireLayers = (report: JailReport, required: readonly JailRequirement[]): void => {
  const names = new Set(required.flatMap((each) => (each === 'strict' ? STRICT_LAYERS : [each])));
  const missing = missingLayers(report).filter(({ name }) => names.has(name));
  if (missing.length === 0) return;
  const layers = missing.map(({ name }) => name).join(', ');
  const message = `the jail of a Box cannot have these layers here, which its option 'security' requires: ${layers}. ${adviceOn(missing, report)}`;
  throw new BoxliteError('Unsupported', message, { reason: 'jail-incomplete' });
};
