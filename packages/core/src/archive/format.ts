/**
 * The file that a Box is exported to, numbers little-endian:
 *
 * ```
 * preamble   16 bytes: magic (8), version of the format (u32), bytes of the manifest (u32)
 * manifest   JSON, UTF-8; see manifest.ts
 * digest     32 bytes
 * for each part that the manifest lists, in its order:
 *   chunk      as many as the manifest says: number (u32), bytes of what follows (u32), the chunk, packed (see chunk.ts)
 *   digest     32 bytes
 * ```
 *
 * A part is a file cut into chunks of 1 MiB, the last one shorter; numbers ascend, and a chunk that is missing is a hole.
 * A digest is the SHA-256 of everything before it, so no byte is without one, and no section of another archive fits in.
 * The file ends with the last digest.
 */
export const MAGIC = Buffer.from('\x89BOX\r\n\x1a\n', 'latin1');
export const FORMAT_VERSION = 1;
export const PREAMBLE_BYTES = 16;
export const DIGEST_BYTES = 32;
export const CHUNK_HEADER_BYTES = 8;
export const CHUNK_BYTES = 1 << 20;
/** An image's configuration of 4 MiB, escaped, and a Box's of 8 MiB leave room. */
export const MAX_MANIFEST_BYTES = 32 << 20;
/** As `buildRootfs` makes them. */
export const MAX_ROOTFS_BYTES = 64 * 1024 ** 3;

/** How many chunks a file of this size has. */
export const chunkCount = (sizeBytes: number): number => Math.ceil(sizeBytes / CHUNK_BYTES);

/** The bytes of a chunk, before it is packed. */
export const chunkLength = (sizeBytes: number, index: number): number => Math.min(CHUNK_BYTES, sizeBytes - index * CHUNK_BYTES);
