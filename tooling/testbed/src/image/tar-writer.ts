/** One entry of a tar archive, all of it under the writer's control: also what no other tool would write. */
export interface TarEntry {
  /** Bytes where a name is not UTF-8. */
  readonly name: string | Buffer;
  readonly type?: 'file' | 'directory' | 'symlink' | 'link' | 'character-device' | 'block-device' | 'fifo';
  readonly content?: Buffer | string;
  readonly linkname?: string | Buffer;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Seconds since 1970. */
  readonly mtime?: number;
  readonly devmajor?: number;
  readonly devminor?: number;
  readonly xattrs?: Readonly<Record<string, Buffer | string>>;
}

const TYPE = {
  file: '0',
  link: '1',
  symlink: '2',
  'character-device': '3',
  'block-device': '4',
  directory: '5',
  fifo: '6',
} as const;

const BLOCK = 512;
const MAX_OCTAL_8 = 0o7777777;

const bytesOf = (text: string | Buffer): Buffer => (typeof text === 'string' ? Buffer.from(text) : text);

const padding = (length: number): Buffer => Buffer.alloc((BLOCK - (length % BLOCK)) % BLOCK);

/** A record of a pax header counts its own length in it. */
const paxRecord = (key: string, value: Buffer): Buffer => {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
};

const header = (entry: TarEntry, type: string, name: Buffer, link: Buffer, size: number): Buffer => {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, offset: number, length: number) => block.write(value.toString(8).padStart(length - 1, '0'), offset);
  name.copy(block, 0, 0, 100);
  octal(entry.mode ?? (type === '5' ? 0o755 : 0o644), 100, 8);
  octal(Math.min(entry.uid ?? 0, MAX_OCTAL_8), 108, 8);
  octal(Math.min(entry.gid ?? 0, MAX_OCTAL_8), 116, 8);
  octal(size, 124, 12);
  octal(entry.mtime ?? 0, 136, 12);
  block.write('        ', 148);
  block.write(type, 156);
  link.copy(block, 157, 0, 100);
  block.write('ustar\u000000', 257);
  octal(entry.devmajor ?? 0, 329, 8);
  octal(entry.devminor ?? 0, 337, 8);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
};

/** What comes before an entry's content. */
export const tarHeader = (entry: TarEntry, size = bytesOf(entry.content ?? '').length): Buffer => {
  const name = bytesOf(entry.name);
  const link = bytesOf(entry.linkname ?? '');
  const records: Buffer[] = [];
  if (name.length > 100) records.push(paxRecord('path', name));
  if (link.length > 100) records.push(paxRecord('linkpath', link));
  if ((entry.uid ?? 0) > MAX_OCTAL_8) records.push(paxRecord('uid', Buffer.from(String(entry.uid))));
  if ((entry.gid ?? 0) > MAX_OCTAL_8) records.push(paxRecord('gid', Buffer.from(String(entry.gid))));
  for (const [key, value] of Object.entries(entry.xattrs ?? {})) records.push(paxRecord(`SCHILY.xattr.${key}`, bytesOf(value)));
  const main = header(entry, TYPE[entry.type ?? 'file'], name, link, size);
  if (records.length === 0) return main;
  const pax = Buffer.concat(records);
  return Buffer.concat([header({ name: 'pax' }, 'x', Buffer.from('pax'), Buffer.alloc(0), pax.length), pax, padding(pax.length), main]);
};

/** What comes after the content of an entry. */
export const tarPadding = padding;

/** Ends an archive. */
export const TAR_END = Buffer.alloc(2 * BLOCK);

/** A whole archive in memory. */
export const tar = (entries: readonly TarEntry[]): Buffer =>
  Buffer.concat([
    ...entries.flatMap((entry) => {
      const content = bytesOf(entry.content ?? '');
      return [tarHeader(entry), content, padding(content.length)];
    }),
    TAR_END,
  ]);
