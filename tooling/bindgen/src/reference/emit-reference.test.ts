import type { Model } from '../model.js';
import { emitReference } from './emit-reference.js';
import { python } from './python.js';
import { typescript } from './typescript.js';

const model: Model = {
  version: '0',
  errorCodes: ['NotFound'],
  constants: [],
  aliases: [
    {
      name: 'Kind',
      doc: { text: 'A kind.' },
      type: {
        kind: 'union',
        of: [
          { kind: 'literal', value: 'a' },
          { kind: 'literal', value: 'b' },
        ],
      },
    },
  ],
  structs: [
    {
      name: 'TakeOptions',
      doc: { text: '' },
      fields: [
        {
          name: 'waitMs',
          doc: { text: 'How long; see {@link Box#take}.', defaultValue: '`null`' },
          type: { kind: 'number' },
          optional: true,
        },
      ],
    },
  ],
  handles: [
    {
      name: 'Box',
      doc: { text: 'Holds things.' },
      properties: [],
      methods: [
        {
          name: 'takeOut',
          doc: { text: 'Takes one.', throws: ['BoxliteError `NotFound`.'] },
          static: false,
          parameters: [
            { name: 'kind', doc: { text: '' }, type: { kind: 'ref', name: 'Kind' }, optional: false },
            { name: 'options', doc: { text: '' }, type: { kind: 'ref', name: 'TakeOptions' }, optional: true },
          ],
          result: { kind: 'bytes' },
          async: true,
        },
      ],
    },
  ],
  functions: [],
};

it('writes TypeScript as programs in TypeScript have it', () => {
  const page = emitReference(model, typescript(model));
  expect(page).toContain(
    '### takeOut\n\n```ts\ntakeOut(kind: Kind, options?: TakeOptions): Promise<Buffer>\n```\n\nTakes one.\n\nFails with `NotFound`.',
  );
  expect(page).toContain('| `waitMs?` | `number` | How long; see `Box.take`. Default: `null`. |');
  expect(page).toContain("| `Kind` | `'a' \\| 'b'` | A kind. |");
});

it('writes Python as programs in Python have it', () => {
  const page = emitReference(model, python(model));
  expect(page).toContain('### take_out\n\n```python\nasync def take_out(kind: Kind, *, wait_ms: float | None = None) -> bytes\n```');
  expect(page).toContain('Fails with `NotFoundError`.');
  expect(page).toContain('| `wait_ms` | `float` | How long; see `Box.take`. Default: `None`. |');
  expect(page).not.toContain('### TakeOptions');
});
