/**
 * The only place where gRPC statuses become BoxliteErrors, and BoxliteErrors gRPC statuses.
 *
 * A failed call carries the trailers `boxlite-code` (a BoxliteErrorCode) and `boxlite-reason`. Where they are missing,
 * because gRPC itself failed the call, the status code decides. All of it comes from the guest: it is checked and bounded.
 */
import { Metadata, status as Status, type StatusObject } from '@grpc/grpc-js';

import { BoxliteError } from '../errors/boxlite-error.js';
import { type BoxliteErrorCode, isBoxliteErrorCode } from '../errors/error-code.js';
import { plainText } from './plain-text.js';

const CODE_TRAILER = 'boxlite-code';
const REASON_TRAILER = 'boxlite-reason';

/** A reason is a kebab-case word or an errno's name. */
const REASON = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;

const STATUS_BY_CODE: Record<BoxliteErrorCode, Status> = {
  UnsupportedEngine: Status.UNIMPLEMENTED,
  Engine: Status.INTERNAL,
  Storage: Status.INTERNAL,
  Image: Status.FAILED_PRECONDITION,
  Portal: Status.UNAVAILABLE,
  Network: Status.UNAVAILABLE,
  Rpc: Status.UNKNOWN,
  RpcTransport: Status.UNAVAILABLE,
  Internal: Status.INTERNAL,
  Execution: Status.FAILED_PRECONDITION,
  Config: Status.INVALID_ARGUMENT,
  InvalidArgument: Status.INVALID_ARGUMENT,
  NotFound: Status.NOT_FOUND,
  AlreadyExists: Status.ALREADY_EXISTS,
  InvalidState: Status.FAILED_PRECONDITION,
  Stopped: Status.UNAVAILABLE,
  Unsupported: Status.UNIMPLEMENTED,
  ResourceExhausted: Status.RESOURCE_EXHAUSTED,
};

const CODE_BY_STATUS: Partial<Record<Status, BoxliteErrorCode>> = {
  [Status.INVALID_ARGUMENT]: 'InvalidArgument',
  [Status.OUT_OF_RANGE]: 'InvalidArgument',
  [Status.DEADLINE_EXCEEDED]: 'RpcTransport',
  [Status.UNAVAILABLE]: 'RpcTransport',
  [Status.NOT_FOUND]: 'NotFound',
  [Status.ALREADY_EXISTS]: 'AlreadyExists',
  [Status.RESOURCE_EXHAUSTED]: 'ResourceExhausted',
  [Status.FAILED_PRECONDITION]: 'InvalidState',
  [Status.UNIMPLEMENTED]: 'Unsupported',
};

const trailer = (metadata: Metadata, name: string): string | undefined => {
  const value = metadata.get(name)[0];
  return typeof value === 'string' ? value : undefined;
};

/** `DEADLINE_EXCEEDED` → `deadline-exceeded`. */
const statusReason = (code: Status): string => {
  const name: string | undefined = Status[code];
  return (name ?? 'UNKNOWN').toLowerCase().replaceAll('_', '-');
};

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
  const isLost = status.code === Status.UNAVAILABLE && claimed === undefined;
  const details = isLost ? `the connection to the guest agent was lost, as when the VM ends (${told})` : told;
  return new BoxliteError(code, `Could not ${action}: ${details}`, {
    reason: reason !== undefined && REASON.test(reason) ? reason : isBoxliteErrorCode(claimed) ? undefined : statusReason(status.code),
  });
};

/** Makes the status and trailers with which a server fails a call; the counterpart of {@link errorFromStatus}. */
export const statusFromError = (error: BoxliteError): StatusObject => {
  const metadata = new Metadata();
  metadata.set(CODE_TRAILER, error.code);
  if (error.reason !== undefined && REASON.test(error.reason)) metadata.set(REASON_TRAILER, error.reason);
  return { code: STATUS_BY_CODE[error.code], details: error.message, metadata };
};
