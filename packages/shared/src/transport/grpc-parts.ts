/** What of gRPC runs. Whoever imports this loads gRPC, so only `load-grpc.ts` does. */
export { Channel, connectivityState, Metadata } from '@grpc/grpc-js';
export { PortalCredentials } from './portal-credentials.js';
