import { readExecCall } from './exec-arguments.js';

it('reads arguments one by one, or as a list with all the rest', () => {
  expect(readExecCall([])).toEqual({ args: [], options: {} });
  expect(readExecCall(['-l', '/'])).toEqual({ args: ['-l', '/'], options: {} });
  expect(readExecCall(['-l', { A: '1' }])).toEqual({ args: ['-l'], options: { env: { A: '1' } } });
  expect(readExecCall([{ A: '1' }])).toEqual({ args: [], options: { env: { A: '1' } } });
  expect(readExecCall([['-l']])).toEqual({ args: ['-l'], options: {} });
  expect(readExecCall([['-l'], { A: '1' }, { cwd: '/', user: 'root', timeoutSecs: 1.5, stdin: 'in' }])).toEqual({
    args: ['-l'],
    options: { env: { A: '1' }, workingDir: '/', user: 'root', timeoutMs: 1500, stdin: 'in' },
  });
});
