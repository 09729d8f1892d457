import { BoxliteError, ExecError, ParseError, TimeoutError } from './index.js';

it('each error is a BoxliteError, and none of the others', () => {
  const errors = [new ExecError('run()', 1, 'no'), new TimeoutError('late'), new ParseError('what?')];
  const classes = [ExecError, TimeoutError, ParseError];
  for (const [index, error] of errors.entries()) {
    expect(error).toBeInstanceOf(BoxliteError);
    expect(classes.map((each) => error instanceof each)).toEqual(classes.map((_, other) => other === index));
    expect(error.name).toBe(classes[index]?.name);
  }
  expect(new BoxliteError('NotFound', 'gone')).not.toBeInstanceOf(ExecError);
  expect(errors[0]).toMatchObject({ code: 'Execution', reason: 'non-zero-exit', command: 'run()', exitCode: 1, stderr: 'no' });
});
