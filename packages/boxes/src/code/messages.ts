/** What a keeper says as JSON. It comes from a Box: everything is checked. */
import { ParseError } from '../errors.js';
import type { CodeError, CodeValue, Display } from './code-result.js';

const malformed = (): ParseError => new ParseError('the answer of the interpreter is not of its form');

type Fields = Readonly<Record<string, unknown>>;

const read = (body: Buffer): Fields => {
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    throw malformed();
  }
  return fields(value);
};

const fields = (value: unknown): Fields => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed();
  return value as Fields;
};

const text = (value: unknown): string => {
  if (typeof value !== 'string') throw malformed();
  return value;
};

const number = (value: unknown): number => {
  if (typeof value !== 'number') throw malformed();
  return value;
};

/** Content by MIME type. */
export const readDisplay = (body: Buffer): Display =>
  Object.fromEntries(Object.entries(read(body)).map(([mime, content]) => [mime, Buffer.from(text(content), 'base64')]));

export const readFinish = (body: Buffer): { number: number; value: CodeValue | undefined; error: CodeError | undefined } => {
  const finish = read(body);
  const value: CodeValue | undefined =
    finish['text'] === undefined ? undefined : { text: text(finish['text']), ...('json' in finish && { json: finish['json'] }) };
  if (finish['error'] === undefined) return { number: number(finish['run']), value, error: undefined };
  const error = fields(finish['error']);
  const { name, message, traceback } = error;
  return { number: number(finish['run']), value, error: { name: text(name), message: text(message), traceback: text(traceback) } };
};

/** That an interpreter has ended: of which run, and how. One that ended with 0 was meant to. */
export const readEnd = (body: Buffer): { number: number | undefined; error: CodeError | undefined } => {
  const end = read(body);
  const run = end['run'] === null ? undefined : number(end['run']);
  if (end['exitCode'] === 0) return { number: run, error: undefined };
  const how =
    end['exitCode'] === null
      ? `was ended by signal ${String(number(end['signal']))}`
      : `exited with code ${String(number(end['exitCode']))}`;
  const message = `the interpreter ${how}; what it held is lost`;
  return { number: run, error: { name: 'InterpreterExited', message, traceback: '' } };
};
