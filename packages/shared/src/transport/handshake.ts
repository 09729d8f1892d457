/**
 * How a session with the agent starts. A virtio-serial port is one endless pair of byte streams without connections, so what the
 * host reads first may be the rest of a session that ended: the host says hello with a nonce and drops all until it has come back.
 *
 *     host  → guest   BOXLITE1 + 16 random bytes
 *     guest → host    (stale bytes) BOXLITE1 + the same 16 bytes, then HTTP/2
 *
 * `BOXLITE?` in its place is a probe: it comes back in the same way, and no session begins.
 *
 * The hello is written as a whole, and nothing behind it before it has come back. An agent whose VM was restored in the middle of
 * another session knows it by that.
 */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';

import { BoxliteError } from '../errors/boxlite-error.js';

export const PORTAL_MAGIC = Buffer.from('BOXLITE1', 'latin1');
export const PROBE_MAGIC = Buffer.from('BOXLITE?', 'latin1');
const PORTAL_NONCE_BYTES = 16;

/**
 * Most stale bytes that are dropped. An old session leaves behind at most its HTTP/2 connection window (2 MiB), its frames without
 * flow control and what the virtio queue holds; eight times that window is ample, and a guest that sends more has no agent.
 */
const MAX_STALE_BYTES = 16 * 1024 * 1024;

/** How long a booted guest has to answer before hello is said again, in milliseconds; doubled each time. */
const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 16_000;

export interface HandshakeOptions {
  /** The guest is still booting: hello is said once and waits in the socket until the agent opens its port. */
  firstBoot: boolean;
  /** Looks at the connection before anything is said on it, and throws when it is not with whom it should be. */
  checkPeer?: ((socket: Socket) => void) | undefined;
  maxStaleBytes?: number;
}

/** Finds the echo of one hello in a stream of chunks. */
export class EchoScanner {
  #tail: Buffer = Buffer.alloc(0);

  constructor(private hello: Buffer) {}

  /** Looks for another hello from now on, in what was already seen as well. */
  expect(hello: Buffer): void {
    this.hello = hello;
  }

  /** Returns what follows the echo, or undefined while it has not come. */
  scan(chunk: Buffer): Buffer | undefined {
    const bytes = this.#tail.length === 0 ? chunk : Buffer.concat([this.#tail, chunk]);
    const at = bytes.indexOf(this.hello);
    if (at >= 0) return bytes.subarray(at + this.hello.length);
    this.#tail = Buffer.from(bytes.subarray(Math.max(0, bytes.length - this.hello.length + 1)));
    return undefined;
  }
}

/**
 * Says hello, or probes, on a connected socket and resolves when the echo has come; whatever followed it is put back into the socket.
 *
 * @throws BoxliteError `Portal` when the socket closes first, or too much comes that is no echo; and what `checkPeer` throws.
 */
export const shakeHands = (socket: Socket, options: HandshakeOptions, magic = PORTAL_MAGIC): Promise<void> =>
  new Promise((resolve, reject) => {
    options.checkPeer?.(socket);
    const newHello = (): Buffer => Buffer.concat([magic, randomBytes(PORTAL_NONCE_BYTES)]);
    let hello = newHello();
    let dropped = 0;
    let timer: NodeJS.Timeout | undefined;
    const scanner = new EchoScanner(hello);

    const settle = (error?: BoxliteError): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('close', onClose).off('error', onError);
      socket.pause();
      if (error) reject(error);
      else resolve();
    };
    const onData = (chunk: Buffer): void => {
      const rest = scanner.scan(chunk);
      if (rest !== undefined) {
        settle();
        if (rest.length > 0) socket.unshift(rest);
        return;
      }
      dropped += chunk.length;
      if (dropped > (options.maxStaleBytes ?? MAX_STALE_BYTES)) {
        settle(
          new BoxliteError('Portal', `The guest sent ${dropped} bytes but did not answer as an agent. Stop the Box and start it again.`, {
            reason: 'handshake-failed',
          }),
        );
      }
    };
    const onClose = (): void => {
      settle(new BoxliteError('Portal', 'The guest closed the connection before its agent answered.', { reason: 'connection-lost' }));
    };
    const onError = (error: Error): void => {
      settle(BoxliteError.from(error, 'Portal', 'The connection to the guest broke before its agent answered'));
    };
    const retryAfter = (ms: number): void => {
      timer = setTimeout(() => {
        // Only the newest hello counts: the agent takes an answered one's successor for a broken session and waits for the next.
        hello = newHello();
        scanner.expect(hello);
        socket.write(hello);
        retryAfter(Math.min(2 * ms, MAX_RETRY_MS));
      }, ms);
    };

    socket.on('data', onData).on('close', onClose).on('error', onError);
    socket.write(hello);
    if (!options.firstBoot) retryAfter(FIRST_RETRY_MS);
  });
