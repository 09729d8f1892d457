import type { Readable } from 'node:stream';
import { getSystemErrorName } from 'node:util';
import { BoxliteError, plainText } from '@boxlite/shared';

const MAX_STATUS_BYTES = 64 * 1024;

/** Errors of the kernel that say that the host has too little of something. */
const EXHAUSTED = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ENOSPC', 'EDQUOT']);

/** What the shim said until the engine ran or the shim ended. */
export type ShimStatus = { kind: 'running' } | { kind: 'failed'; error: BoxliteError } | { kind: 'silent' };

/** Reads the status pipe to its end, which comes with the engine's start or the shim's end. */
export const readStatus = async (pipe: Readable): Promise<ShimStatus> => {
  let text = '';
  try {
    for await (const chunk of pipe) {
      text += String(chunk);
      if (text.length > MAX_STATUS_BYTES) break;
    }
  } catch {
    // A broken pipe says no more than an early end.
  }
  let status: ShimStatus = { kind: 'silent' };
  for (const line of text.split('\n')) {
    const message = parse(line);
    if (typeof message['step'] === 'string') return { kind: 'failed', error: stepError(message) };
    if (message['listening'] === true) status = { kind: 'running' };
  }
  return status;
};

const parse = (line: string): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
};

const stepError = ({ step, errno, detail }: Record<string, unknown>): BoxliteError => {
  const name = typeof errno === 'number' && Number.isInteger(errno) && errno > 0 ? getSystemErrorName(-errno) : undefined;
  const subject = typeof detail === 'string' ? plainText(detail) : '';
  const message = `boxlite-shim failed at its step '${plainText(String(step), 64)}' on ${subject}${name === undefined ? '' : `: ${name}`}`;
  return new BoxliteError(name !== undefined && EXHAUSTED.has(name) ? 'ResourceExhausted' : 'Engine', message, {
    reason: name ?? 'shim-step',
  });
};
