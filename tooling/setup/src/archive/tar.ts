const BLOCK = 512;

/** One entry of an image layer; owned by root, last changed at the epoch. */
export type TarEntry = { path: string; mode: number } & (
  { kind: 'file'; data: Buffer } | { kind: 'directory' } | { kind: 'symlink'; target: string }
);

const TYPE_FLAGS = { file: '0', symlink: '2', directory: '5' } as const;

/** Writes a tar archive in the ustar format (POSIX.1-1988). The same entries give the same bytes. @throws for a name too long for the format. */
export const writeTar = (entries: readonly TarEntry[]): Buffer => {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    const data = entry.kind === 'file' ? entry.data : Buffer.alloc(0);
    parts.push(header(entry, data.length), data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK));
  }
  parts.push(Buffer.alloc(2 * BLOCK));
  return Buffer.concat(parts);
};

const header = (entry: TarEntry, size: number): Buffer => {
  const block = Buffer.alloc(BLOCK);
  const text = (at: number, length: number, value: string): void => {
    if (Buffer.byteLength(value) > length) throw new Error(`too long for a ustar header: ${value}`);
    block.write(value, at);
  };
  const octal = (at: number, length: number, value: number): void => {
    text(at, length, value.toString(8).padStart(length - 1, '0'));
  };
  text(0, 100, entry.kind === 'directory' ? `${entry.path}/` : entry.path);
  octal(100, 8, entry.mode);
  octal(108, 8, 0);
  octal(116, 8, 0);
  octal(124, 12, size);
  octal(136, 12, 0);
  text(148, 8, '        '); // the checksum is made over spaces in its own place
  text(156, 1, TYPE_FLAGS[entry.kind]);
  if (entry.kind === 'symlink') text(157, 100, entry.target);
  text(257, 8, 'ustar\x0000');
  text(265, 32, 'root');
  text(297, 32, 'root');
  const sum = block.reduce((total, value) => total + value, 0);
  text(148, 8, `${sum.toString(8).padStart(6, '0')}\0 `);
  return block;
};
