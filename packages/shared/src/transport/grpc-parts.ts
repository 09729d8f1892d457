/** What of gRPC runs. Whoever imports this loads gRPC, so only `load-grpc.ts` does; nothing of ours is in it, so that it can be a file of its own. */
export { CallCredentials, Channel, ChannelCredentials, connectivityState, Metadata } from '@grpc/grpc-js';
