import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Model } from './model.js';
import { OverrideUse, type Overrides } from './overrides.js';
import { ApiReader } from './read-api.js';

const packageDirectory = join(__dirname, '..');

/** Reads a package whose index is this text. */
const read = (source: string, overrides: Partial<Overrides> = {}): { model: Model; unused: string[] } => {
  // Within this package, for Node's types to be found.
  mkdirSync(join(packageDirectory, '.cache'), { recursive: true });
  const directory = mkdtempSync(join(packageDirectory, '.cache/api-'));
  try {
    mkdirSync(join(directory, 'src'));
    writeFileSync(join(directory, 'package.json'), '{"version":"1.2.3"}');
    writeFileSync(join(directory, 'tsconfig.json'), '{"extends":"../../../presets/tsconfig.json","include":["src"]}');
    writeFileSync(join(directory, 'src/index.ts'), source);
    const use = new OverrideUse({ leftOut: {}, names: {}, ...overrides });
    return { model: new ApiReader(directory, use).read(), unused: use.unused };
  } finally {
    rmSync(directory, { recursive: true });
  }
};

it('reads classes, options, streams, events and their comments', () => {
  const { model } = read(
    `
    import type { Readable } from 'node:stream';
    export type Mode = 'fast' | 'slow';
    export interface Options {
      /** How. @defaultValue \`fast\` */
      mode?: Mode;
      size?: { rows: number };
      signal?: AbortSignal;
    }
    export type Event = { time: Date } & ({ type: 'one'; id: bigint } | { type: 'two' });
    /** A thing. */
    export class Thing implements AsyncDisposable {
      readonly #secret = new Map();
      /** Its \`id\`. */
      readonly id: string = '';
      /** Makes one. */
      static open(options: Options = {}): Promise<Thing> { return Promise.resolve(new Thing(options)); }
      private constructor(readonly options: Options) {}
      get name(): string | undefined { return String(this.#secret.size); }
      /**
       * Reads {@link Thing.id}.
       * @throws BoxliteError \`NotFound\`.
       */
      read(path: string | Buffer, options: Omit<Options, 'size'> & { follow?: boolean } = {}): Promise<Readable> { throw new Error(path + String(options)); }
      events(): AsyncIterable<Event> { throw new Error(); }
      /** @internal */
      hidden(): void { /* nothing */ }
      close(): Promise<void> { return Promise.resolve(); }
      [Symbol.asyncDispose](): Promise<void> { return this.close(); }
    }
  `,
    { leftOut: { 'Thing.options': 'not for others' } },
  );
  const [thing] = model.handles;
  expect(thing).toMatchObject({ name: 'Thing', doc: { text: 'A thing.' }, dispose: 'close' });
  expect(thing?.properties).toEqual([
    { name: 'id', doc: { text: 'Its `id`.' }, type: { kind: 'string' }, optional: false },
    { name: 'name', doc: { text: '' }, type: { kind: 'string' }, optional: true },
  ]);
  expect(thing?.methods.map(({ name }) => name)).toEqual(['open', 'read', 'events', 'close']);
  expect(thing?.methods[1]).toMatchObject({
    doc: { text: 'Reads Thing.id.', throws: ['BoxliteError `NotFound`.'] },
    parameters: [
      { name: 'path', type: { kind: 'union', of: [{ kind: 'string' }, { kind: 'bytes' }] }, optional: false },
      { name: 'options', type: { kind: 'ref', name: 'ThingReadOptions' }, optional: true },
    ],
    result: { kind: 'readable' },
    async: true,
  });
  expect(model.structs.map(({ name, fields }) => [name, ...fields.map((field) => field.name)])).toEqual([
    ['EventOne', 'time', 'type', 'id'],
    ['EventTwo', 'time', 'type'],
    ['Options', 'mode', 'size', 'signal'],
    ['Size', 'rows'],
    ['ThingReadOptions', 'mode', 'signal', 'follow'],
  ]);
  expect(model.structs[2]?.fields[0]).toMatchObject({ doc: { text: 'How.', defaultValue: '`fast`' }, type: { kind: 'ref', name: 'Mode' } });
  expect(model.version).toBe('1.2.3');
});

it('refuses a member that no binding can have, unless it is left out by name', () => {
  const source = 'import type { Socket } from "node:net"; export class Thing { readonly socket!: Socket; go(): void { /* nothing */ } }';
  expect(() => read(source)).toThrow(/ThingSocket: no binding can have a Socket; leave the member out, with the reason/);
  expect(read(source, { leftOut: { 'Thing.socket': 'a socket', 'Thing.gone': 'not there' } }).unused).toEqual(['Thing.gone']);
});
