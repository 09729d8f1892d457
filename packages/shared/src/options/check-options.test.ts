import { checkOptions } from './check-options.js';

const check = (options: unknown): void => {
  checkOptions(options as object, 'a shoe', ['size', 'color']);
};

it('takes options that there are', () => {
  check({});
  check({ size: 42, color: undefined });
});

it.each([
  [{ sise: 42 }, "there is no option 'sise' for a shoe; there are size, color"],
  [null, 'the options of a shoe are null; they must be an object'],
  [[42], 'the options of a shoe are [42]; they must be an object'],
  [() => 42, 'the options of a shoe are function; they must be an object'],
])('refuses %p', (options, message) => {
  expect(() => check(options)).toThrow(expect.objectContaining({ code: 'InvalidArgument', message }));
});

it('refuses any where there is none', () => {
  expect(() => checkOptions({ fast: true }, 'a snail', [])).toThrow("there is no option 'fast' for a snail; there is none");
});
