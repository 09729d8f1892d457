export type { Type } from './types.js';
export { PROTOCOL_VERSION } from './protocol.js';
