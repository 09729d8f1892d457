import fc from 'fast-check';

/** Bytes of any kind, of lengths around those that matter. */
export const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array)),
  fc
    .tuple(fc.constantFrom(126, 127, 128, 2047, 2048, 2049, 16_383, 16_384, 20_000), fc.nat(255))
    .map(([length, byte]) => Buffer.alloc(length, byte)),
);

/** Settings of all property tests. */
export const options = { numRuns: 200 };
