import { createConnection } from 'node:net';

/**
 * Connects to the portal and hangs up at once.
 *
 * QEMU, when it restores a port with output on its way while nobody is connected, takes the failed write for a full socket and writes
 * no more, until a connection ends: that throws the output away. The guest hears of it as well, and so knows that its session is over.
 * Resolves also when nothing listens; who connects next sees that better.
 */
export const knock = (socketPath: string): Promise<void> =>
  new Promise((resolve) => {
    const socket = createConnection(socketPath, () => socket.destroy());
    socket
      .on('error', () => undefined)
      .once('close', () => {
        resolve();
      });
  });
