/** One entry of an initramfs. */
export type CpioEntry = { path: string; mode: number } & (
  { kind: 'file'; data: Buffer } | { kind: 'directory' } | { kind: 'character-device'; major: number; minor: number }
);

const TYPE_BITS = { file: 0o100000, directory: 0o040000, 'character-device': 0o020000 } as const;

/**
 * Writes a cpio archive in the "newc" format (Linux, Documentation/driver-api/early-userspace/buffer-format.rst).
 * Owner root, time 0: the same entries give the same bytes.
 */
export const writeCpio = (entries: readonly CpioEntry[]): Buffer => {
  const parts = entries.map((entry, index) => {
    const device = entry.kind === 'character-device' ? entry : { major: 0, minor: 0 };
    const data = entry.kind === 'file' ? entry.data : Buffer.alloc(0);
    return record(entry.path, data, {
      inode: index + 1,
      mode: TYPE_BITS[entry.kind] | entry.mode,
      major: device.major,
      minor: device.minor,
    });
  });
  return Buffer.concat([...parts, record('TRAILER!!!', Buffer.alloc(0), { inode: 0, mode: 0, major: 0, minor: 0 })]);
};

const record = (path: string, data: Buffer, header: { inode: number; mode: number; major: number; minor: number }): Buffer => {
  const name = Buffer.from(`${path}\0`);
  const links = 1;
  const fields = [header.inode, header.mode, 0, 0, links, 0, data.length, 0, 0, header.major, header.minor, name.length, 0];
  const head = Buffer.from('070701' + fields.map((field) => field.toString(16).padStart(8, '0')).join(''));
  return Buffer.concat([pad(Buffer.concat([head, name])), pad(data)]);
};

const pad = (data: Buffer): Buffer => Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
