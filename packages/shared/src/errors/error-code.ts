/** Every code a {@link BoxliteError} can carry; a closed set that bindings in other languages map one to one. */
export const BOXLITE_ERROR_CODES = [
  'UnsupportedEngine',
  'Engine',
  'Storage',
  'Image',
  'Portal',
  'Network',
  'Rpc',
  'RpcTransport',
  'Internal',
  'Execution',
  'Config',
  'InvalidArgument',
  'NotFound',
  'AlreadyExists',
  'InvalidState',
  'Stopped',
  'Unsupported',
  'ResourceExhausted',
] as const;

export type BoxliteErrorCode = (typeof BOXLITE_ERROR_CODES)[number];

export const isBoxliteErrorCode = (value: unknown): value is BoxliteErrorCode =>
  typeof value === 'string' && (BOXLITE_ERROR_CODES as readonly string[]).includes(value);
