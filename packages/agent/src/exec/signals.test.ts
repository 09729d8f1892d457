import { constants } from 'node:os';

import { signalName, signalNumber } from './signals.js';

test('every number has a name, and the name has the number', () => {
  for (let number = 1; number <= 64; number++) expect(signalNumber(signalName(number))).toBe(number);
});

(process.platform === 'linux' ? test : test.skip)('the names are those of Linux', () => {
  for (const [name, number] of Object.entries(constants.signals)) expect(signalNumber(name as NodeJS.Signals)).toBe(number);
});

test('real-time signals count from the first that programs can use', () => {
  expect([32, 33, 34, 35, 64].map(signalName)).toEqual(['SIG32', 'SIG33', 'SIGRTMIN', 'SIGRTMIN+1', 'SIGRTMIN+30']);
  expect(signalNumber('SIGRTMAX' as NodeJS.Signals)).toBe(64);
});

test.each([0, 65, -1, 1.5, NaN, 'SIGFROB', 'TERM', '', 'SIGRTMIN+31', 'SIG99', 'constructor', null])('%p is no signal', (value) => {
  expect(() => signalNumber(value as number)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
});
