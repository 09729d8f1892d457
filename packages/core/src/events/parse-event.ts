import type { EventAttributes, RuntimeEvent } from './runtime-event.js';

const isPlain = (value: unknown): boolean => value === null || ['string', 'number', 'boolean'].includes(typeof value);

const isAttributes = (value: unknown): value is EventAttributes =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isPlain);

/** A line of the event log; undefined for one that is none, as after a power cut. An action may be one of a later version. */
export const parseEvent = (line: string): RuntimeEvent | undefined => {
  let value: Partial<Record<string, unknown>>;
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    value = parsed;
  } catch {
    return undefined;
  }
  const { time, type, action, id, name, attributes } = value;
  if (typeof time !== 'string' || Number.isNaN(Date.parse(time))) return undefined;
  if ((type !== 'box' && type !== 'image') || typeof action !== 'string' || typeof id !== 'string') return undefined;
  if ((name !== null && typeof name !== 'string') || !isAttributes(attributes)) return undefined;
  return { time, type, action, id, name, attributes } as RuntimeEvent;
};
