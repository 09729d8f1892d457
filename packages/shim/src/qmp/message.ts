import { plainText } from '@boxlite/shared';

/** What a QMP server says (QEMU's docs/interop/qmp-spec). Fields that are not used here are dropped. */
export type QmpMessage =
  | { kind: 'greeting'; version: string }
  | { kind: 'return'; id: number; value: unknown }
  | { kind: 'error'; id: number | undefined; class: string; description: string }
  | { kind: 'event'; name: string; data: Record<string, unknown> };

type Fields = Record<string, unknown>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const object = (value: unknown): Fields => (isObject(value) ? value : {});
const text = (value: unknown): string => (typeof value === 'string' ? plainText(value, 512) : '');

/**
 * Reads one line. The peer is QEMU, which a guest may have taken over: nothing is believed but what is checked here.
 * @throws SyntaxError when it is no JSON, or no message of QMP.
 */
export const parseMessage = (line: string): QmpMessage => {
  const message: unknown = JSON.parse(line);
  if (!isObject(message)) throw new SyntaxError('a message is not a JSON object');
  const id = typeof message['id'] === 'number' ? message['id'] : undefined;
  if (isObject(message['QMP'])) {
    const { major, minor, micro } = object(object(message['QMP']['version'])['qemu']);
    return { kind: 'greeting', version: [major, minor, micro].map((part) => (typeof part === 'number' ? String(part) : '?')).join('.') };
  }
  if (typeof message['event'] === 'string') return { kind: 'event', name: text(message['event']), data: object(message['data']) };
  if (isObject(message['error']))
    return { kind: 'error', id, class: text(message['error']['class']), description: text(message['error']['desc']) };
  if ('return' in message && id !== undefined) return { kind: 'return', id, value: message['return'] };
  throw new SyntaxError('a message is neither a greeting, nor an event, nor an answer');
};
