import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { posix } from 'node:path';
import { extract, type Header } from 'tar-stream';
import { tarHeader, tarPadding, type TarEntry, TAR_END } from '../image/tar-writer.js';

type Sink = (bytes: Buffer) => Promise<void>;

const normalize = (name: string): string => posix.join('/', name).slice(1).replace(/\/$/, '');

/** What makes an entry the same as another. */
const fingerprint = (header: Header, content: string): string =>
  JSON.stringify([header.type, header.mode, header.uid, header.gid, header.linkname, header.devmajor, header.devminor, content]);

const read = async (path: string, visit: (header: Header, content: AsyncIterable<Buffer>) => Promise<void>): Promise<void> => {
  const archive = extract();
  const feeding = new Promise<void>((resolve, reject) => {
    createReadStream(path, { highWaterMark: 1 << 20 })
      .on('error', reject)
      .on('close', resolve)
      .pipe(archive);
  });
  for await (const entry of archive) await visit(entry.header, entry as unknown as AsyncIterable<Buffer>);
  await feeding;
};

const hashOf = async (content: AsyncIterable<Buffer>): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of content) hash.update(chunk);
  return hash.digest('hex');
};

const xattrsOf = (header: Header): Record<string, string> =>
  Object.fromEntries(
    Object.entries((header.pax ?? {}) as Record<string, string>).flatMap(([key, value]) =>
      key.startsWith('SCHILY.xattr.') ? [[key.slice('SCHILY.xattr.'.length), value]] : [],
    ),
  );

const toEntry = (header: Header, name: string): TarEntry => ({
  name: header.type === 'directory' ? `${name}/` : name,
  type: header.type === 'contiguous-file' ? 'file' : header.type,
  linkname: header.type === 'link' ? normalize(header.linkname) : (header.linkname ?? ''),
  mode: header.mode,
  uid: header.uid,
  gid: header.gid,
  mtime: Math.floor(header.mtime.getTime() / 1000),
  devmajor: header.devmajor,
  devminor: header.devminor,
  xattrs: xattrsOf(header),
});

/** What a file system holds, by name. */
export type Contents = ReadonlyMap<string, string>;

/**
 * Writes the layer that makes of one root file system another: what is new or changed, and whiteouts for what is gone.
 * @param below what is there already; empty for a base layer
 * @returns what is there with the layer
 */
export const writeDifference = async (below: Contents, path: string, sink: Sink, more: readonly TarEntry[] = []): Promise<Contents> => {
  // First pass: which entries differ; a hard link goes with its target.
  const above = new Map<string, string>();
  await read(path, async (header, content) => {
    above.set(normalize(header.name), fingerprint(header, await hashOf(content)));
  });
  const isChanged = (name: string) => above.get(name) !== below.get(name);
  await read(path, async (header, content) => {
    const name = normalize(header.name);
    const isNeeded = name !== '' && (isChanged(name) || (header.type === 'link' && isChanged(normalize(header.linkname))));
    if (!isNeeded) {
      await hashOf(content);
      return;
    }
    await sink(tarHeader(toEntry(header, name), header.size));
    for await (const chunk of content) await sink(chunk);
    await sink(tarPadding(header.size));
  });
  for (const name of below.keys()) {
    if (above.has(name) || (posix.dirname(name) !== '.' && !above.has(posix.dirname(name)))) continue;
    await sink(tarHeader({ name: name.replace(/([^/]+)$/, '.wh.$1') }, 0));
  }
  for (const entry of more) {
    const content = Buffer.from(entry.content ?? '');
    await sink(Buffer.concat([tarHeader(entry), content, tarPadding(content.length)]));
  }
  await sink(TAR_END);
  return above;
};
