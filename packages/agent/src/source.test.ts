import { Duplex, Readable } from 'node:stream';
import { holdSource } from './source.js';

it.each([['text'], [Buffer.from('bytes')], [new Uint8Array(5)], [Readable.from(['a'])], [new Duplex()]])('takes %p', (source) => {
  expect(() => holdSource(source, 'stdin')).not.toThrow();
});

it.each<[unknown, string]>([
  [5, 'Number'],
  [null, 'Null'],
  [{}, 'Object'],
  [new ReadableStream(), 'ReadableStream'],
  [(async function* () {})(), 'AsyncGenerator'],
  [{ on() {}, pipe: 1 }, 'Object'],
])('refuses %p', (source, kind) => {
  expect(() => holdSource(source, 'stdin')).toThrow(
    expect.objectContaining({ code: 'InvalidArgument', message: expect.stringContaining(`stdin is of type ${kind}`) as unknown }),
  );
});

it('keeps the error of a stream that is not read yet from ending the program', async () => {
  const source = new Readable({ read() {} });
  holdSource(source, 'stdin');
  source.destroy(new Error('gone'));
  await new Promise((resolve) => source.on('close', resolve));
  expect(source.errored).toMatchObject({ message: 'gone' });
});
