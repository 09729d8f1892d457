import { BoxliteError, type BoxliteErrorCode } from '@boxlite/core';

const CODES = {
  UnsupportedEngine: 'unsupported',
  Engine: 'engine_unavailable',
  Storage: 'storage_error',
  Image: 'image_pull_failed',
  Portal: 'upstream_unavailable',
  Network: 'network_unavailable',
  Rpc: 'upstream_unavailable',
  RpcTransport: 'upstream_unavailable',
  Internal: 'internal',
  Execution: 'execution_failed',
  Config: 'config_error',
  InvalidArgument: 'invalid_argument',
  NotFound: 'not_found',
  AlreadyExists: 'already_exists',
  InvalidState: 'invalid_state',
  Stopped: 'stopped',
  Unsupported: 'unsupported',
  ResourceExhausted: 'resource_exhausted',
} as const satisfies Record<BoxliteErrorCode, string>;

/** An error's code in the original's words. */
export type ErrorCode = (typeof CODES)[BoxliteErrorCode];

/** The code of an error of BoxLite in the original's words; undefined for any other. In BoxLite's own words it is `error.code`. */
export const errorCode = (error: unknown): ErrorCode | undefined => (error instanceof BoxliteError ? CODES[error.code] : undefined);
