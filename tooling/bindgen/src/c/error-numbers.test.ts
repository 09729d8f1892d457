import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../setup/src/paths.js';

/** Programs were compiled with these numbers. A new code is appended, here and in core's list. */
const NUMBERS = [
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
];

test('no error code of the C library ever gets another number', () => {
  const model = JSON.parse(readFileSync(join(root, 'proto/boxlite/v1/bridge.json'), 'utf8')) as { errorCodes: string[] };
  expect(model.errorCodes).toEqual(NUMBERS);
});
