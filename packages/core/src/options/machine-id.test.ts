import { isMachineId, machineIdOf, newMachineId } from './machine-id.js';

describe('machine ids', () => {
  it('are UUIDs of version 4, each another one', () => {
    const made = Array.from({ length: 100 }, newMachineId);
    expect(made.every(isMachineId)).toBe(true);
    expect(new Set(made).size).toBe(100);
  });

  it('are always the same for a Box that has none', () => {
    expect(machineIdOf('0123456789ab')).toBe(machineIdOf('0123456789ab'));
    expect(machineIdOf('0123456789ab')).not.toBe(machineIdOf('0123456789ac'));
    expect(isMachineId(machineIdOf('0123456789ab'))).toBe(true);
  });

  it.each([undefined, null, '', '0123456789abcdef0123456789abcdef', `${'0'.repeat(12)}4000c${'0'.repeat(15)}`])('are not %j', (value) => {
    expect(isMachineId(value)).toBe(false);
  });
});
