import { createHash, randomBytes } from 'node:crypto';

const PATTERN = /^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/;

/** As a UUID of version 4 (RFC 9562, section 5.4), of which machine-id(5) is one without hyphens. */
const fromBytes = (bytes: Buffer): string => {
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex');
};

/** 32 hexadecimal digits that no other machine has. */
export const newMachineId = (): string => fromBytes(randomBytes(16));

/** For a Box of an earlier version, which drew another one at each start. */
export const machineIdOf = (boxId: string): string =>
  fromBytes(createHash('sha256').update(`machine-id of Box ${boxId}`).digest().subarray(0, 16));

export const isMachineId = (value: unknown): value is string => typeof value === 'string' && PATTERN.test(value);
