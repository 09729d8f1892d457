import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BoxliteError } from '@boxlite/shared';
import { guestDirectory } from './assets.js';

/**
 * The profile that the guest's agent has its filter of system calls from, as text (native/agent/seccomp/default.profile).
 * @throws BoxliteError `UnsupportedEngine` when the guest image is damaged.
 */
export const seccompProfile = async (): Promise<string> => {
  const path = join(guestDirectory(), 'seccomp.profile');
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const message = `A part of the guest image is missing: '${path}'. In a checkout run ./dev setup; otherwise install @boxlite/guest-x64 anew.`;
    throw new BoxliteError('UnsupportedEngine', message, { reason: 'guest-image-missing', cause });
  }
};
