import { interleave } from './interleave.js';

test('takes turns and keeps results apart', async () => {
  const order: string[] = [];
  const contender = (name: string) => (round: number) => {
    order.push(`${name}${String(round)}`);
    return Promise.resolve(name === 'a' ? round : `${name}${String(round)}`);
  };
  const [a, b] = await interleave(3, [contender('a'), contender('b')]);
  expect(order).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2']);
  expect(a).toEqual([0, 1, 2]);
  expect(b).toEqual(['b0', 'b1', 'b2']);
});

test('stops between two runs', async () => {
  const abort = new AbortController();
  const runs: number[] = [];
  const run = (round: number) => {
    runs.push(round);
    if (round === 1) abort.abort(new Error('enough'));
    return Promise.resolve();
  };
  await expect(interleave(5, [run], abort.signal)).rejects.toThrow('enough');
  expect(runs).toEqual([0, 1]);
});
