import type { experimental } from '@grpc/grpc-js';

import { GRPC_STATUS } from './grpc-status.js';

/** A call that is made when the connection is lost already, and nobody knows yet why: it ends when `closed` says so, and does nothing else. */
export const lostCall = (closed: Promise<unknown>): experimental.CallStream => ({
  start: (metadata, listener) => {
    void closed.then(() => {
      listener.onReceiveStatus({ code: GRPC_STATUS.UNAVAILABLE, details: 'the connection was lost', metadata });
    });
  },
  startRead: () => undefined,
  sendMessageWithContext: () => undefined,
  halfClose: () => undefined,
  cancelWithStatus: () => undefined,
  setCredentials: () => undefined,
  getPeer: () => '',
  getCallNumber: () => 0,
  getAuthContext: () => null,
});
