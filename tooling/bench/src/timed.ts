/** How long a piece of work takes, in milliseconds. */
export const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
};

/** How fast `bytes` move, in MB (10⁶ bytes) a second. */
export const rate = async (bytes: number, work: () => Promise<unknown>): Promise<number> => bytes / 1000 / (await timed(work));
