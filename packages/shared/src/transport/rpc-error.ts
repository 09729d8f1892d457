/**
 * The only place where gRPC statuses become BoxliteErrors, and BoxliteErrors gRPC statuses.
 *
 * A failed call carries the trailers `boxlite-code` (a BoxliteErrorCode) and `boxlite-reason`. Where they are missing,
 * because gRPC itself failed the call, the status code decides. All of it comes from the guest: it is checked and bounded.
 */
import type { Metadata, status as Status, StatusObject } from '@grpc/grpc-js';

import { BoxliteError } from '../errors/boxlite-error.js';
import { type BoxliteErrorCode, isBoxliteErrorCode } from '../errors/error-code.js';
import { GRPC_STATUS, nameOfStatus } from './grpc-status.js';
import { plainText } from './plain-text.js';

const CODE_TRAILER = 'boxlite-code';
const REASON_TRAILER = 'boxlite-reason';

/** A reason is a kebab-case word or an errno's name. */
const REASON = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;

const STATUS_BY_CODE: Record<BoxliteErrorCode, Status> = {
  UnsupportedEngine: GRPC_STATUS.UNIMPLEMENTED,
  Engine: GRPC_STATUS.INTERNAL,
  Storage: GRPC_STATUS.INTERNAL,
  Image: GRPC_STATUS.FAILED_PRECONDITION,
  Portal: GRPC_STATUS.UNAVAILABLE,
  Network: GRPC_STATUS.UNAVAILABLE,
  Rpc: GRPC_STATUS.UNKNOWN,
  RpcTransport: GRPC_STATUS.UNAVAILABLE,
  Internal: GRPC_STATUS.INTERNAL,
  Execution: GRPC_STATUS.FAILED_PRECONDITION,
  Config: GRPC_STATUS.INVALID_ARGUMENT,
  InvalidArgument: GRPC_STATUS.INVALID_ARGUMENT,
  NotFound: GRPC_STATUS.NOT_FOUND,
  AlreadyExists: GRPC_STATUS.ALREADY_EXISTS,
  InvalidState: GRPC_STATUS.FAILED_PRECONDITION,
  Stopped: GRPC_STATUS.UNAVAILABLE,
  Unsupported: GRPC_STATUS.UNIMPLEMENTED,
  ResourceExhausted: GRPC_STATUS.RESOURCE_EXHAUSTED,
};

const CODE_BY_STATUS: Partial<Record<Status, BoxliteErrorCode>> = {
  [GRPC_STATUS.INVALID_ARGUMENT]: 'InvalidArgument',
  [GRPC_STATUS.OUT_OF_RANGE]: 'InvalidArgument',
  [GRPC_STATUS.DEADLINE_EXCEEDED]: 'RpcTransport',
  [GRPC_STATUS.UNAVAILABLE]: 'RpcTransport',
  [GRPC_STATUS.NOT_FOUND]: 'NotFound',
  [GRPC_STATUS.ALREADY_EXISTS]: 'AlreadyExists',
  [GRPC_STATUS.RESOURCE_EXHAUSTED]: 'ResourceExhausted',
  [GRPC_STATUS.FAILED_PRECONDITION]: 'InvalidState',
  [GRPC_STATUS.UNIMPLEMENTED]: 'Unsupported',
};

const trailer = (metadata: Metadata, name: string): string | undefined => {
  const value = metadata.get(name)[0];
  return typeof value === 'string' ? value : undefined;
};

/** `DEADLINE_EXCEEDED` → `deadline-exceeded`. */
const statusReason = (code: Status): string => nameOfStatus(code).toLowerCase().replaceAll('_', '-');

/**
 * Makes the error of a call that ended with `status`.
 *
 * @param action - what was tried, as it reads behind 'Could not': `read '/etc/hosts' in the Box`.
 */
export const errorFromStatus = (status: Pick<StatusObject, 'code' | 'details' | 'metadata'>, action: string): BoxliteError => {
  const claimed = trailer(status.metadata, CODE_TRAILER);
  const reason = trailer(status.metadata, REASON_TRAILER);
  const code = isBoxliteErrorCode(claimed) ? claimed : (CODE_BY_STATUS[status.code] ?? 'Rpc');
  const told = plainText(status.details) || 'the guest gave no reason.';
  // gRPC's own words for it are those of a socket.
  const isLost = status.code === GRPC_STATUS.UNAVAILABLE && claimed === undefined;
  const details = isLost ? `the connection to the guest agent was lost, as when the VM ends (${told})` : told;
  return new BoxliteError(code, `Could not ${action}: ${details}`, {
    reason: reason !== undefined && REASON.test(reason) ? reason : isBoxliteErrorCode(claimed) ? undefined : statusReason(status.code),
  });
};

/**
 * Makes the status and trailers with which a server fails a call; the counterpart of {@link errorFromStatus}.
 *
 * @param metadata - an empty one, which the trailers are written into
 */
export const statusFromError = (error: BoxliteError, metadata: Metadata): StatusObject => {
  metadata.set(CODE_TRAILER, error.code);
  if (error.reason !== undefined && REASON.test(error.reason)) metadata.set(REASON_TRAILER, error.reason);
  return { code: STATUS_BY_CODE[error.code], details: error.message, metadata };
};
