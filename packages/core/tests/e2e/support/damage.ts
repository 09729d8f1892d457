import { open, stat, truncate } from 'node:fs/promises';

/** Changes one byte of a file's data, the first at or after `offset` that is not zero. */
export const flipByte = async (path: string, offset = 0): Promise<void> => {
  await using file = await open(path, 'r+');
  const block = Buffer.alloc(1 << 20);
  for (let at = offset; ; at += block.length) {
    const { bytesRead } = await file.read(block, 0, block.length, at);
    if (bytesRead === 0) throw new Error(`${path} has no data after ${String(offset)}`);
    const found = block.subarray(0, bytesRead).findIndex((byte) => byte !== 0);
    if (found < 0) continue;
    await file.write(Buffer.from([(block[found] ?? 0) ^ 0x10]), 0, 1, at + found);
    return;
  }
};

/** Cuts off the last part of a file. */
export const cutShort = async (path: string, bytes = 4096): Promise<void> => {
  await truncate(path, (await stat(path)).size - bytes);
};
