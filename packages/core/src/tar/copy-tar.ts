import { finished, type Readable } from 'node:stream';
import type { AgentSession, BoxPath } from '@boxlite/agent';
import { AbortError, BoxliteError, throwIfAborted } from '@boxlite/shared';
import { type CopyInOptions, type CopyOptions, type CopyResult, ownerInBox } from '../box/copy-options.js';
import { readRecords, RecordFault } from './record-reader.js';
import { TarOutput } from './tar-output.js';
import { TarSource } from './tar-source.js';

const directory = (path: BoxPath): BoxPath => (typeof path === 'string' ? `${path}/` : Buffer.concat([path, Buffer.from('/')]));

/** Unpacks a tar archive into a directory of the Box. */
export const copyTarIn = async (
  session: () => Promise<AgentSession>,
  archive: Readable,
  boxPath: BoxPath,
  options: CopyInOptions,
): Promise<CopyResult> => {
  const { onProgress, signal } = options;
  if (options.followLink === true)
    throw new BoxliteError('InvalidArgument', 'followLink does not go with an archive, whose links are what they are; leave it out');
  const owner = ownerInBox(options);
  throwIfAborted(signal);
  const agent = await session();
  // Refused as by Docker, and before anything is read; a copy would make it.
  const { type } = await agent.files.stat(directory(boxPath), { signal });
  if (type !== 'directory')
    throw new BoxliteError('InvalidArgument', `${String(boxPath)} is no directory; an archive is unpacked into one`, { reason: 'ENOTDIR' });
  // An archive that has nothing to give at the moment does not hold up a copy that has failed.
  const over = new AbortController();
  const source = new TarSource(archive, signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]));
  const onOver = (): void => {
    over.abort();
  };
  const onSent = (): void => {
    onProgress?.({ ...source.copied });
  };
  const receipt = await agent.copyIn(directory(boxPath), { owner, messages: source, onSent, onOver }, { signal });
  if (receipt.entries !== source.records || receipt.bytes !== source.copied.bytes) {
    const message = 'the guest agent says that it wrote another number of files or bytes than it was sent; do not trust the copy';
    throw new BoxliteError('Portal', message, { reason: 'protocol-violation' });
  }
  return { ...source.copied, skipped: 0, lostXattrs: receipt.lostXattrs };
};

/** A file or a tree of the Box as a tar archive. */
export const copyTarOut = (session: () => Promise<AgentSession>, boxPath: BoxPath, options: CopyOptions): Readable => {
  const output = new TarOutput();
  void fill(output, session, boxPath, options).catch((error: unknown) => {
    output.fail(error instanceof Error ? error : new Error(String(error)));
  });
  return output.archive;
};

const fill = async (
  output: TarOutput,
  session: () => Promise<AgentSession>,
  boxPath: BoxPath,
  { followLink: follow = false, archive = false, onProgress, signal }: CopyOptions,
): Promise<void> => {
  throwIfAborted(signal);
  // Who does not read on lets go of the guest, also of one that sends nothing at the moment.
  const gone = new AbortController();
  finished(output.archive, () => {
    gone.abort();
  });
  const either = signal === undefined ? gone.signal : AbortSignal.any([signal, gone.signal]);
  const copy = (await session()).copyOut(boxPath, { follow, archive, signal: either });
  try {
    for await (const messages of copy) {
      for (const message of messages) {
        for (const record of readRecords(message)) await output.write(record);
        if (signal?.aborted === true) throw new AbortError(signal.reason);
        if (output.isOver) return;
      }
      onProgress?.({ ...output.copied });
    }
  } catch (error) {
    if (error instanceof RecordFault) throw copy.violation(error.message);
    throw error;
  }
  if (output.skipped === undefined) throw copy.violation('a copy without an end');
};
