import type { Readable } from 'node:stream';
import { getSystemErrorName } from 'node:util';
import { BoxliteError, plainText } from '@boxlite/shared';
import { type JailReport, parseJailReport } from '../jail/jail-report.js';

const MAX_STATUS_BYTES = 64 * 1024;

/** Errors of the kernel that say that the host has too little of something. */
const EXHAUSTED = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ENOSPC', 'EDQUOT']);

/** What the shim said until the engine ran or the shim ended. */
export interface ShimStatus {
  /** Processes that are children of this one now, the engine's last. */
  pids: readonly number[];
  /** What was made for the engine, and is to be removed when it is gone. */
  cgroups: readonly string[];
  outcome: { kind: 'running'; jail: JailReport } | { kind: 'failed'; error: BoxliteError } | { kind: 'silent' };
}

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
  const pids: number[] = [];
  let outcome: ShimStatus['outcome'] = { kind: 'silent' };
  // The one may be said before or after the other.
  let [cgroup, jail]: unknown[] = [];
  for (const line of text.split('\n')) {
    const message = parse(line);
    if (typeof message['pid'] === 'number') pids.push(message['pid']);
    if (message['cgroup'] !== undefined) cgroup = message['cgroup'];
    if (typeof message['step'] === 'string' && outcome.kind !== 'failed') outcome = { kind: 'failed', error: stepError(message) };
    if (message['listening'] === true) jail = message['jail'];
  }
  const report = parseJailReport({ ...(jail as object | undefined), cgroup });
  if (jail !== undefined && outcome.kind === 'silent') outcome = { kind: 'running', jail: report };
  return { pids, cgroups: report.cgroup.paths, outcome };
};

const parse = (line: string): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
};

/** Errors of the kernel that say that a process may not have namespaces or mounts; the last two, that it does not know them. */
const FORBIDDEN = new Set(['EPERM', 'EACCES', 'ENOSPC', 'EUSERS', 'ENOSYS', 'EINVAL']);

const NAMESPACES_ADVICE =
  'Directories of the host as volumes need Linux 5.12 and, without root, user namespaces. Ubuntu 24.04 and later refuse them to programs ' +
  'without an AppArmor profile that allows them (sysctl kernel.apparmor_restrict_unprivileged_userns), Debian by ' +
  'kernel.unprivileged_userns_clone=0, others by user.max_user_namespaces=0, containers by their seccomp profile. Allow them, run as root, ' +
  'or use named volumes.';

const stepError = ({ step, errno, detail }: Record<string, unknown>): BoxliteError => {
  const name = typeof errno === 'number' && Number.isInteger(errno) && errno > 0 ? getSystemErrorName(-errno) : undefined;
  const subject = typeof detail === 'string' ? plainText(detail) : '';
  if (step === 'namespaces' && name !== undefined && FORBIDDEN.has(name)) {
    const message = `this host refuses the VM's process a view of the file system of its own (${subject}: ${name}). ${NAMESPACES_ADVICE}`;
    return new BoxliteError('Unsupported', message, { reason: 'namespaces-refused' });
  }
  if (step === 'volume') {
    const message = `a volume cannot be used: ${subject}${name === undefined ? '' : ` (${name})`}; it must be a directory or file that this user can open`;
    return new BoxliteError(name === 'ENOENT' ? 'NotFound' : 'Storage', message, { reason: name ?? 'volume-kind' });
  }
  const message = `boxlite-shim failed at its step '${plainText(String(step), 64)}' on ${subject}${name === undefined ? '' : `: ${name}`}`;
  return new BoxliteError(name !== undefined && EXHAUSTED.has(name) ? 'ResourceExhausted' : 'Engine', message, {
    reason: name ?? 'shim-step',
  });
};
