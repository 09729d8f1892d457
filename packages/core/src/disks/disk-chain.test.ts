import fc from 'fast-check';
import { isDiskChain, MAX_LAYERS, newLayer } from './disk-chain.js';

describe('isDiskChain', () => {
  const raw = newLayer('raw');
  const qcow2 = newLayer('qcow2');

  it('takes a raw layer, and qcow2 layers above it', () => {
    expect(isDiskChain([raw])).toBe(true);
    expect(isDiskChain([raw, qcow2, newLayer('qcow2')])).toBe(true);
    expect(isDiskChain([raw, ...Array.from({ length: MAX_LAYERS }, () => newLayer('qcow2'))])).toBe(true);
  });

  it.each([
    ['no layers', []],
    ['too many', [raw, ...Array.from({ length: MAX_LAYERS + 1 }, () => newLayer('qcow2'))]],
    ['a qcow2 layer at the base', [qcow2]],
    ['a raw layer above', [raw, newLayer('raw')]],
    ['a path', [{ id: '../../../etc/pas', format: 'raw' }]],
    ['a longer id', [{ id: `${raw.id}0`, format: 'raw' }]],
    ['an unknown format', [{ id: raw.id, format: 'vmdk' }]],
    ['null', [null]],
    ['an object that is no list', { 0: raw, length: 1 }],
  ])('refuses %s', (_, value) => {
    expect(isDiskChain(value)).toBe(false);
  });

  it('takes nothing that could be more than the name of a file', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), fc.string(), (value, id, format) => {
        expect(isDiskChain(value)).toBe(false);
        if (!/^[0-9a-f]{16}$/.test(id)) expect(isDiskChain([raw, { id, format }])).toBe(false);
      }),
    );
  });

  it('has ids that differ', () => {
    expect(new Set(Array.from({ length: 100 }, () => newLayer('raw').id)).size).toBe(100);
  });
});
