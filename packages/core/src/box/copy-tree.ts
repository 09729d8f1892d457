import { resolve } from 'node:path';
import type { AgentSession, BoxPath } from '@boxlite/agent';
import { AbortError, BoxliteError, throwIfAborted } from '@boxlite/shared';
import { type TreeCopied, TreeSink, TreeSource } from '@boxlite/vmm';
import { type CopyInOptions, type CopyOptions, type CopyResult, ownerInBox } from './copy-options.js';

/** Linux takes no longer paths (limits.h). */
const MAX_PATH_BYTES = 4095;

/** A path on the host as absolute bytes; what its end says, `/` or `/.`, stays. */
export const hostPathBytes = (path: string | Buffer): Buffer => {
  if (typeof path !== 'string' && !Buffer.isBuffer(path))
    throw new BoxliteError('InvalidArgument', `a path on the host is a string or a Buffer, not of type ${typeof path}`);
  // Bytes that are no UTF-8 come through latin1 unchanged.
  const text = Buffer.from(path as string).toString('latin1');
  if (text === '' || text.includes('\0'))
    throw new BoxliteError('InvalidArgument', 'a path on the host is not empty and contains no NUL character');
  const end = /\/\.?$/.exec(text)?.[0] ?? (/(^|\/)\.$/.test(text) ? '/.' : '');
  const directory = Buffer.from(process.cwd()).toString('latin1');
  const absolute = resolve(directory, text);
  const bytes = Buffer.from(absolute === '/' ? `/${end.slice(1)}` : absolute + end, 'latin1');
  if (bytes.length > MAX_PATH_BYTES)
    throw new BoxliteError('InvalidArgument', `the path has ${bytes.length} bytes; Linux takes ${MAX_PATH_BYTES}`);
  return bytes;
};

const result = ({ entries, bytes, skipped, lostXattrs }: TreeCopied): CopyResult => ({ entries, bytes, skipped, lostXattrs });

/** From the host into the Box. */
export const copyTreeIn = async (
  session: () => Promise<AgentSession>,
  hostPath: string | Buffer,
  boxPath: BoxPath,
  options: CopyInOptions,
): Promise<CopyResult> => {
  const { archive = false, followLink = false, onProgress, signal } = options;
  const owner = ownerInBox(options);
  const path = hostPathBytes(hostPath);
  throwIfAborted(signal);
  await using source = await TreeSource.open(path, { follow: followLink, archive });
  const onSent = (): void => {
    onProgress?.({ entries: source.copied.entries, bytes: source.copied.bytes });
  };
  const receipt = await (await session()).copyIn(boxPath, { owner, messages: source, onSent }, { signal });
  const { entries, bytes, skipped } = source.copied;
  if (receipt.entries !== entries || receipt.bytes !== bytes) {
    throw new BoxliteError(
      'Portal',
      'the guest agent says that it wrote another number of files or bytes than it was sent; do not trust the copy',
      {
        reason: 'protocol-violation',
      },
    );
  }
  return result({ entries, bytes, skipped, lostXattrs: receipt.lostXattrs });
};

/** From the Box to the host. */
export const copyTreeOut = async (
  session: () => Promise<AgentSession>,
  boxPath: BoxPath,
  hostPath: string | Buffer,
  { archive = false, followLink: follow = false, onProgress, signal }: CopyOptions,
): Promise<CopyResult> => {
  const path = hostPathBytes(hostPath);
  throwIfAborted(signal);
  const copy = (await session()).copyOut(boxPath, { follow, archive, signal });
  await using sink = new TreeSink(path, { archive });
  for await (const messages of copy) {
    await sink.write(messages);
    onProgress?.({ entries: sink.copied.entries, bytes: sink.copied.bytes });
    if (signal?.aborted === true) throw new AbortError(signal.reason);
  }
  if (!sink.ended) throw copy.violation('a copy without an end');
  return result(sink.copied);
};
