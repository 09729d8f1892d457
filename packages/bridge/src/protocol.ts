/**
 * What the two sides of the bridge say to each other. `docs/bridge.md` is its description for those who write a client.
 *
 * A frame is its length, the length of its head (both 32 bits, big-endian, the first one counting all that follows it), the head as JSON,
 * and bytes that values in the head point into.
 */
import type { BoxliteErrorCode } from '@boxlite/shared';

/** Raised when a client of the version before could not be served any more. */
export const PROTOCOL_VERSION = 1;

/** Most bytes of one frame: the largest result or argument that goes in one piece. */
export const MAX_FRAME_BYTES = 256 << 20;

/** How much may be sent of a stream before the other side has asked for more. */
export const WINDOW_BYTES = 256 << 10;
export const WINDOW_ITEMS = 64;
export const MAX_CHUNK_BYTES = 64 << 10;

/** An error as it crosses the bridge. `cause` is the message of what was behind it; `result` is that of a command that `check` refused. */
export interface WireError {
  code: BoxliteErrorCode | 'Aborted';
  message: string;
  reason?: string;
  cause?: string;
  result?: unknown;
}

/** From the program that has started the bridge. Streams of its own have odd numbers. */
export type ClientFrame =
  | { t: 'hello'; protocol: number; client: string; pid: number }
  /** Calls method `m` of handle `h`, or of what is reached from it `via` a property; a function where there is no handle. */
  | { t: 'call'; id: number; h?: number; via?: string; m: string; a: unknown[] }
  | { t: 'cancel'; id: number }
  | { t: 'release'; h: number; n: number }
  | StreamFrame;

/** From the bridge. Its streams have even numbers. */
export type BridgeFrame =
  | { t: 'hello'; protocol: number; version: string }
  /** `p`: properties of the handle that was called, where they have changed. */
  | { t: 'result'; id: number; v?: unknown; p?: Record<string, unknown> }
  | { t: 'error'; id: number; e: WireError }
  /** Calls function `c` that was an argument of call `id`. */
  | { t: 'callback'; c: number; v?: unknown }
  | StreamFrame
  | { t: 'refused'; e: WireError };

export type StreamFrame =
  /** The frame's bytes belong to the stream. */
  | { t: 'data'; s: number }
  | { t: 'item'; s: number; v: unknown }
  | { t: 'end'; s: number }
  | { t: 'fail'; s: number; e: WireError }
  /** The reader takes so many more bytes or items. */
  | { t: 'credit'; s: number; n: number }
  /** The reader takes no more; `e` says why, where that is a failure: of a command's stdin that its VM has died, for example. */
  | { t: 'stop'; s: number; e?: WireError };
