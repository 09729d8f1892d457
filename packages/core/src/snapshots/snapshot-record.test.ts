import fc from 'fast-check';
import { checkSnapshotRecord, isSnapshotId, type SnapshotRecord } from './snapshot-record.js';

const record: SnapshotRecord = {
  version: 1,
  id: '0123456789ab',
  name: 'one',
  createdAt: '2026-01-01T00:00:00.000Z',
  imageDigest: `sha256:${'0'.repeat(64)}`,
  disk: [{ id: '0123456789abcdef', format: 'raw' }],
  machine: { key: 'k', memoryChecksum: 'a', devicesChecksum: 'b', changedBytes: 4096 },
};

describe('a snapshot record', () => {
  it('comes back as it was written', () => {
    for (const value of [record, { ...record, machine: null }, { ...record, imageDigest: null }]) {
      expect(checkSnapshotRecord(JSON.parse(JSON.stringify(value)))).toEqual(value);
    }
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a list', [record]],
    ['of another version', { ...record, version: 2 }],
    ['without an id', { ...record, id: undefined }],
    ['with a path as its id', { ...record, id: '../../../../' }],
    ['without a name', { ...record, name: 1 }],
    ['with a disk of nothing', { ...record, disk: [] }],
    ['with a layer outside of the home', { ...record, disk: [{ id: '../../etc/passwd', format: 'raw' }] }],
    ['without a word on the machine', { ...record, machine: undefined }],
    ['with a machine without checksums', { ...record, machine: { key: 'k', changedBytes: 1 } }],
    ['with a machine that is a text', { ...record, machine: 'k' }],
  ])('is refused when it is %s', (_, value) => {
    expect(() => checkSnapshotRecord(value)).toThrow();
  });

  it('is whole or refused, whatever a file holds', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...Object.keys(record)), (value, field) => {
        expect(() => checkSnapshotRecord(value)).toThrow();
        const changed = { ...record, [field]: value };
        try {
          const { id, name, createdAt } = checkSnapshotRecord(changed);
          expect(isSnapshotId(id) && typeof name === 'string' && typeof createdAt === 'string').toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});
