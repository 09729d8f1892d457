import { checkVmSpec, type VmSpec } from './vm-spec.js';

const spec: VmSpec = {
  directory: '/box',
  cpus: 1,
  memoryMib: 512,
  kernel: '/k',
  initramfs: '/i',
  disks: [],
  detach: false,
  accelerator: 'tcg',
};

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
    ['disk', { disks: [{ path: '-x', readOnly: true }] }],
    ['disks', { disks: Array.from({ length: 29 }, () => ({ path: '/d', readOnly: true })) }],
  ])('refuses a bad %s', (field, change) => {
    expect(() => {
      checkVmSpec({ ...spec, ...change });
    }).toThrow(expect.objectContaining({ code: 'InvalidArgument', message: expect.stringContaining(field) as unknown }) as Error);
  });
});
