/** Bounds on what an image may ask for. Far above real images, far below what would hurt the host. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
export const MAX_CONFIG_BYTES = 4 * 1024 * 1024;
/** A home's index.json: a few hundred bytes an image. */
export const MAX_INDEX_FILE_BYTES = 64 * 1024 * 1024;
export const MAX_LAYERS = 512;
export const MAX_INDEX_ENTRIES = 1024;
/** An index may name an index; how deep. */
export const MAX_INDEX_DEPTH = 3;
/** Compressed size of all layers together. */
export const MAX_IMAGE_BYTES = 256 * 1024 ** 3;
/** Environment, command, labels, … of an image's configuration; entries each. */
export const MAX_CONFIG_ENTRIES = 4096;
