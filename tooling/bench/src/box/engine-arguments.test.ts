import { engineArguments } from './engine-arguments.js';

const WORDS = ['qemu', '-accel', 'tcg,tb-size=128', '-cpu', 'max', '-append', 'quiet panic=-1'];

test('finds what follows each option', () => {
  expect(engineArguments(WORDS)).toEqual({ accelerator: 'tcg,tb-size=128', cpu: 'max', kernelArguments: 'quiet panic=-1' });
});

test('says which one is missing', () => {
  expect(() => engineArguments(WORDS.slice(0, 5))).toThrow('-append');
});
