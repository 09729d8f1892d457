import { markHostPaths } from './mark-host-paths.js';
import type { Field, Model } from './model.js';

const field = (name: string, kind: 'string' | 'number'): Field => ({ name, doc: { text: '' }, type: { kind }, optional: false });

const model: Model = {
  version: '0',
  errorCodes: [],
  constants: [],
  aliases: [],
  structs: [{ name: 'Volume', doc: { text: '' }, fields: [field('host', 'string'), field('box', 'string'), field('size', 'number')] }],
  handles: [
    {
      name: 'Box',
      doc: { text: '' },
      properties: [],
      methods: [
        {
          name: 'export',
          doc: { text: '' },
          static: false,
          parameters: [field('path', 'string')],
          result: { kind: 'void' },
          async: true,
        },
      ],
    },
  ],
  functions: [],
};

const PLACES = { 'Volume.host': 'why', 'Box.export.path': 'why' };

it('marks what is named, and nothing else', () => {
  const { structs, handles } = markHostPaths(model, PLACES);
  expect(structs[0]?.fields.map(({ hostPath = false }) => hostPath)).toEqual([true, false, false]);
  expect(handles[0]?.methods[0]?.parameters[0]?.hostPath).toBe(true);
});

it('refuses a name that has outlived what it was for, and what takes no text', () => {
  expect(() => markHostPaths(model, { ...PLACES, 'Box.import.path': 'why' })).toThrow('Box.import.path');
  expect(() => markHostPaths(model, { 'Volume.size': 'why' })).toThrow('Volume.size');
});
