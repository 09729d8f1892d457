import type { Disk, DiskLayer } from '../engine/engine.js';
import { checkVmSpec, type VmSpec } from './vm-spec.js';

const spec: VmSpec = {
  directory: '/box',
  cpus: 1,
  memoryMib: 512,
  kernel: '/k',
  initramfs: '/i',
  disks: [],
  memory: { kind: 'anonymous' },
  detach: false,
  accelerator: 'tcg',
};

const disk = (layer: Partial<DiskLayer>): Disk => ({
  layers: [{ id: 'a', path: '/d', format: 'raw', ...layer }],
  readOnly: true,
  sizeBytes: 1,
});

describe('checkVmSpec', () => {
  it('takes a good one', () => {
    expect(() => {
      checkVmSpec(spec);
    }).not.toThrow();
  });

  it.each<[string, Partial<VmSpec>]>([
    ['cpus', { cpus: 0 }],
    ['cpus', { cpus: 1.5 }],
    ['cpus', { cpus: 256 }],
    ['memoryMib', { memoryMib: -1 }],
    ['memoryMib', { memoryMib: NaN }],
    ['memoryMib', { memoryMib: Infinity }],
    ['directory', { directory: 'box' }],
    ['kernel', { kernel: '/k\0' }],
    ['disk', { disks: [disk({ path: '-x' })] }],
    ['disks', { disks: Array.from({ length: 29 }, (_, index) => disk({ id: String(index) })) }],
    ['id', { disks: [disk({ id: 'A' })] }],
    ['id', { disks: [disk({}), disk({})] }],
    ['disk size', { disks: [{ layers: [], readOnly: false, sizeBytes: -1 }] }],
    ['memory', { memory: { kind: 'file', path: 'ram', shared: false } }],
    ['state', { state: 'devices' }],
  ])('refuses a bad %s', (field, change) => {
    expect(() => {
      checkVmSpec({ ...spec, ...change });
    }).toThrow(expect.objectContaining({ code: 'InvalidArgument', message: expect.stringContaining(field) as unknown }) as Error);
  });
});
