import { createConnection } from 'node:net';

/**
 * Connects to the portal and hangs up at once.
 *
 * QEMU takes a failed write for a full socket, and writes no more until a connection ends: that throws the output away. It comes to that when
 * it restores a port with output on its way while nobody is connected, and when the guest writes just as its host goes. The guest hears of
 * the knock as well, and so knows that its session is over.
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
