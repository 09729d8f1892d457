import { createHash, type Hash } from 'node:crypto';

const SHA256 = /^sha256:[0-9a-f]{64}$/;

export const isDigest = (value: unknown): value is string => typeof value === 'string' && SHA256.test(value);

export const newHash = (): Hash => createHash('sha256');

export const digestOf = (bytes: Uint8Array | string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** The hexadecimal part; a file name that cannot leave its directory, because {@link isDigest} held. */
export const digestHex = (digest: string): string => digest.slice('sha256:'.length);

/** What people are shown: `sha256:0123456789ab`. */
export const shortDigest = (digest: string): string => digest.slice(0, 'sha256:'.length + 12);
