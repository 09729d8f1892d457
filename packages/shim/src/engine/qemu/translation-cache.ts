const SMALLEST_MIB = 64;
const LARGEST_MIB = 256;
/** Of the guest's memory. */
const SHARE = 1 / 8;

/**
 * MiB that an emulated machine's translated code may take; when it is full, all of it is thrown away and made anew. Memory is taken only as
 * code is translated. docs/decisions/0014-memory-goes-back.md tells how the numbers were found.
 */
export const translationCacheMib = (memoryMib: number): number =>
  Math.min(LARGEST_MIB, Math.max(SMALLEST_MIB, Math.floor(memoryMib * SHARE)));
