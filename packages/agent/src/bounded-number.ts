/** A count or a size of the guest's. No machine has more than 2^53 of anything; a guest that says so is cut to that. */
export const boundedNumber = (value: bigint): number => Math.min(Number(value), Number.MAX_SAFE_INTEGER);
