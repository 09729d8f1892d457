import { createReadStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { AbortError, BoxliteError } from '@boxlite/shared';
import { extract, type Header } from 'tar-stream';
import { newHash } from '../format/digest.js';
import { malformed } from '../format/json.js';
import { MAX_IMAGE_BYTES } from '../format/limits.js';
import { onDisk, storageError } from '../../state/storage-error.js';

/** A file of an archive, now in a directory of ours under a name of ours. */
export interface ArchiveFile {
  readonly path: string;
  readonly size: number;
  readonly digest: string;
  /** First bytes, to see how it is compressed. */
  readonly magic: Buffer;
}

const MAX_ENTRIES = 8192;
const MAX_NAME_LENGTH = 1024;
const MAX_LINKS = 8;
const BUFFER_BYTES = 1024 * 1024;

export const isGzip = (magic: Buffer): boolean => magic[0] === 0x1f && magic[1] === 0x8b;
export const isZstd = (magic: Buffer): boolean => magic.length >= 4 && magic.readUInt32LE(0) === 0xfd2fb528;

/** The name as a key: without `./`, and never out of the archive. */
const normalize = (name: string): string => posix.join('/', name).slice(1).replace(/\/$/, '');

const readMagic = async (path: string): Promise<Buffer> => {
  const file = await open(path, 'r');
  try {
    const magic = Buffer.alloc(4);
    const { bytesRead } = await file.read(magic, 0, 4, 0);
    return magic.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
};

const writeEntry = async (entry: AsyncIterable<unknown>, path: string): Promise<ArchiveFile> => {
  const file = await open(path, 'wx', 0o600);
  const hash = newHash();
  let size = 0;
  let magic = Buffer.alloc(0);
  let pending: Buffer[] = [];
  let length = 0;
  const flush = async (): Promise<void> => {
    let bytes = Buffer.concat(pending, length);
    pending = [];
    length = 0;
    while (bytes.length > 0) bytes = bytes.subarray((await file.write(bytes)).bytesWritten);
  };
  try {
    for await (const piece of entry) {
      const chunk = piece as Buffer;
      if (magic.length < 4) magic = Buffer.concat([magic, chunk.subarray(0, 4 - magic.length)]);
      hash.update(chunk);
      size += chunk.length;
      length += chunk.length;
      pending.push(chunk);
      if (length >= BUFFER_BYTES) await flush();
    }
    await flush();
  } finally {
    await file.close();
  }
  return { path, size, digest: `sha256:${hash.digest('hex')}`, magic };
};

/**
 * Unpacks a tar archive (plain or gzip) into a directory: each file under a number, so that no name in it can matter, hashed as it is written.
 * Links are followed by name among the files; everything else is passed over.
 */
export const unpackArchive = async (archive: string, directory: string, signal: AbortSignal): Promise<ReadonlyMap<string, ArchiveFile>> => {
  const magic = await onDisk(`reading ${archive}`, () => readMagic(archive));
  if (isZstd(magic)) {
    throw new BoxliteError('Unsupported', `${archive} is compressed with zstd; unpack it first (zstd -d) or use gzip`, {
      reason: 'archive-compression',
    });
  }
  await onDisk(`making ${directory}`, () => mkdir(directory, { recursive: true, mode: 0o700 }));
  const files = new Map<string, ArchiveFile>();
  const links = new Map<string, string>();
  let entries = 0;
  let total = 0;

  const tar = extract();
  const take = async (header: Header, entry: AsyncIterable<unknown> & { resume(): unknown }): Promise<void> => {
    entries += 1;
    if (entries > MAX_ENTRIES) throw malformed(archive, `it has more than ${MAX_ENTRIES} entries`);
    if (header.name.length > MAX_NAME_LENGTH) throw malformed(archive, `a name in it is longer than ${MAX_NAME_LENGTH} characters`);
    const name = normalize(header.name);
    if (header.type === 'symlink') links.set(name, normalize(posix.join(posix.dirname(name), header.linkname)));
    if (header.type === 'link') links.set(name, normalize(header.linkname));
    if (header.type !== 'file' && header.type !== 'contiguous-file') {
      entry.resume();
      return;
    }
    total += header.size;
    if (total > MAX_IMAGE_BYTES) throw malformed(archive, `what is in it has more than ${MAX_IMAGE_BYTES} bytes`);
    files.set(name, await writeEntry(entry, join(directory, String(entries))));
  };
  const reading = (async () => {
    for await (const entry of tar) await take(entry.header, entry);
  })();
  try {
    const source = createReadStream(archive, { highWaterMark: BUFFER_BYTES });
    const feeding = isGzip(magic) ? pipeline(source, createGunzip(), tar, { signal }) : pipeline(source, tar, { signal });
    const [fed, read] = await Promise.allSettled([feeding, reading]);
    // What stopped the reader is the cause; the feeding only sees that its reader has gone.
    if (read.status === 'rejected') throw read.reason;
    if (fed.status === 'rejected') throw fed.reason;
  } catch (error) {
    if (signal.aborted) throw new AbortError(signal.reason);
    const named = storageError(error, `unpacking ${archive}`);
    if (named instanceof BoxliteError) throw named;
    throw new BoxliteError('Image', `${archive} is no tar archive that can be read: ${(error as Error).message}`, {
      reason: 'malformed',
      cause: error,
    });
  }

  for (const name of links.keys()) {
    let target: string | undefined = name;
    for (let hops = 0; target !== undefined && !files.has(target) && hops < MAX_LINKS; hops += 1) target = links.get(target);
    const file = target === undefined ? undefined : files.get(target);
    if (file !== undefined) files.set(name, file);
  }
  return files;
};
