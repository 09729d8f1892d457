/**
 * Waits until all have ended, and gives what they gave. Where `Promise.all` leaves the others running when one fails, nothing runs on here.
 * @throws what the first of them, in their order, was rejected with.
 */
export const together = async <const T extends readonly unknown[]>(work: T): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> => {
  const results = await Promise.allSettled(work);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return Promise.all(work);
};
