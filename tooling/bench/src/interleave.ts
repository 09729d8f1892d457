type Run = (round: number) => Promise<unknown>;
type Results<Runs extends readonly Run[]> = { -readonly [K in keyof Runs]: Awaited<ReturnType<Runs[K]>>[] };

/**
 * Runs contenders in turn, A B A B …, so that what the host does meanwhile meets all of them alike.
 * Returns each one's results in the order of the rounds. @throws the signal's reason between two runs.
 */
export const interleave = async <const Runs extends readonly Run[]>(
  rounds: number,
  runs: Runs,
  signal?: AbortSignal,
): Promise<Results<Runs>> => {
  const results: unknown[][] = runs.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, run] of runs.entries()) {
      signal?.throwIfAborted();
      results[index]?.push(await run(round));
    }
  }
  return results as Results<Runs>;
};
