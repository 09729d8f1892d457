/**
 * Works on some inputs at the same time and gives the results in the inputs' order.
 * When it ends, however it does, no work is under way any more.
 */
export async function* inOrder<Input, Output>(
  inputs: Iterable<Input> | AsyncIterable<Input>,
  width: number,
  work: (input: Input) => Promise<Output>,
): AsyncGenerator<Output, void, undefined> {
  const running: Promise<Output>[] = [];
  try {
    for await (const input of inputs) {
      const result = work(input);
      // Awaited below; until then a failure must not be an unhandled rejection.
      result.catch(() => undefined);
      running.push(result);
      if (running.length < width) continue;
      const first = running.shift();
      if (first !== undefined) yield await first;
    }
    for (let first = running.shift(); first !== undefined; first = running.shift()) yield await first;
  } finally {
    await Promise.allSettled(running);
  }
}
