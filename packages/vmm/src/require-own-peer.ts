import type { Socket } from 'node:net';
import { BoxliteError } from '@boxlite/shared';
import { native } from './native.js';

/**
 * Requires that the other end of a Unix socket belongs to this process's user: whoever listens there (unix(7), `SO_PEERCRED`).
 * To be called on a connected socket, before anything is said on it.
 *
 * @param whose - whose socket it is, as it reads in the error.
 * @throws BoxliteError `Portal`, reason `foreign-peer`, when it is somebody else's, or cannot be told.
 */
export const requireOwnPeer = (socket: Socket, whose: string): void => {
  const user = native().peerUser(descriptor(socket)) ?? undefined;
  if (user === process.geteuid?.()) return;
  const who = user === undefined ? 'nobody who could be named' : `user ${String(user)}`;
  throw new BoxliteError('Portal', `${whose} belongs to ${who}, not to this process's user; see who else can write to the home directory`, {
    reason: 'foreign-peer',
  });
};

/** Node.js tells it in no other way. -1 when the socket is closed. */
const descriptor = (socket: Socket): number => (socket as { _handle?: { fd?: number } | null })._handle?.fd ?? -1;
