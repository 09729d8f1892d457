import { addVariants } from './add-variants.js';
import { emitBridge } from './emit-bridge.js';
import type { Model } from './model.js';

const RESULT = {
  name: 'Result',
  doc: { text: '' },
  fields: [{ name: 'out', doc: { text: '' }, type: { kind: 'string' } as const, optional: false }],
};

const model: Model = {
  version: '0',
  errorCodes: [],
  constants: [],
  aliases: [],
  structs: [RESULT],
  handles: [
    {
      name: 'Box',
      doc: { text: '' },
      properties: [],
      methods: [
        {
          name: 'run',
          doc: { text: 'Runs.' },
          static: false,
          parameters: [
            { name: 'command', doc: { text: '' }, type: { kind: 'string' }, optional: false },
            { name: 'options', doc: { text: '' }, type: { kind: 'ref', name: 'RunOptions' }, optional: true },
          ],
          result: { kind: 'ref', name: 'Result' },
          async: true,
        },
      ],
    },
  ],
  functions: [],
};

const variant = { of: 'run', options: { encoding: 'buffer' }, result: 'BytesResult', bytes: ['out'], doc: 'Runs, in bytes.' };

it('adds a method that calls another one with an option set', () => {
  const { handles, structs } = addVariants(model, { 'Box.runBytes': variant });
  expect(structs.find(({ name }) => name === 'BytesResult')?.fields).toEqual([{ ...RESULT.fields[0], type: { kind: 'bytes' } }]);
  const bridge = emitBridge({ ...model, handles, structs });
  expect(bridge).toContain(
    'values: Parameters<Box[\'run\']>) => target.run(values[0], { ...values[1], ...{"encoding":"buffer"} as const })',
  );
});

it.each([
  ['Box.no', { ...variant, of: 'walk' }],
  ['Cup.runBytes', variant],
  ['Box.runBytes', { ...variant, bytes: ['none'] }],
])('refuses %s, whose original is not there', (label, wrong) => {
  expect(() => addVariants(model, { [label]: wrong })).toThrow(label);
});
