import type { status } from '@grpc/grpc-js';

/** By their numbers, from 0: https://github.com/grpc/grpc/blob/master/doc/statuscodes.md */
const NAMES: readonly (keyof typeof status)[] = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

type Statuses = { readonly [Name in keyof typeof status]: (typeof status)[Name] };

/** How a call ended. The same as grpc-js's `status`, which comes with all of gRPC, and that is loaded late. */
export const GRPC_STATUS = Object.fromEntries(NAMES.map((name, number) => [name, number])) as unknown as Statuses;

/** `UNKNOWN` for a number that gRPC does not know. */
export const nameOfStatus = (number: number): string => NAMES[number] ?? 'UNKNOWN';
