import { readDisplay, readEnd, readFinish } from './messages.js';

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('messages of an interpreter', () => {
  it('are read', () => {
    expect(readDisplay(json({ 'text/plain': 'aGk=' }))).toEqual({ 'text/plain': Buffer.from('hi') });
    expect(readFinish(json({ run: 1 }))).toEqual({ number: 1, value: undefined, error: undefined });
    expect(readFinish(json({ run: 1, text: 'None', json: null }))).toMatchObject({ value: { text: 'None', json: null } });
    expect(readFinish(json({ run: 1, error: { name: 'E', message: 'm', traceback: 't' } })).error?.name).toBe('E');
    expect(readEnd(json({ run: null, exitCode: 0, signal: null }))).toEqual({ number: undefined, error: undefined });
    expect(readEnd(json({ run: 3, exitCode: null, signal: 9 }))).toMatchObject({ number: 3, error: { name: 'InterpreterExited' } });
  });

  it.each<[(body: Buffer) => unknown, unknown]>([
    [readDisplay, 1],
    [readDisplay, { 'text/plain': 1 }],
    [readFinish, []],
    [readFinish, {}],
    [readFinish, { run: '1' }],
    [readFinish, { run: 1, text: 1 }],
    [readFinish, { run: 1, error: 'no' }],
    [readFinish, { run: 1, error: { name: 'E' } }],
    [readEnd, { run: 1 }],
    [readEnd, { run: 1, exitCode: null, signal: null }],
  ])('are refused where they are not of their form: %p %j', (read, value) => {
    expect(() => read(json(value))).toThrow(expect.objectContaining({ code: 'Portal', reason: 'malformed-answer' }));
    expect(() => read(Buffer.from('no JSON'))).toThrow(expect.objectContaining({ code: 'Portal' }));
  });
});
