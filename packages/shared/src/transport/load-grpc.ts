import type * as parts from './grpc-parts.js';

export type GrpcParts = typeof parts;

let loading: Promise<GrpcParts> | undefined;

/**
 * Loads gRPC, once. It takes longer than all else that a program loads with BoxLite, and none is needed before there is a guest to speak to.
 * Who has just begun something that makes such a guest calls this meanwhile, so that nobody waits for it afterwards.
 */
export const loadGrpc = (): Promise<GrpcParts> => (loading ??= import('./grpc-parts.js'));
