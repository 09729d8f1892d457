import type { Readable } from 'node:stream';

import { BoxliteError, type CallOptions, PortalCall, type PortalChannel, throwIfAborted, unary } from '@boxlite/shared';
import { FilesService, type ListFilesRequest, type ListFilesResponse } from '@boxlite/shared/protocol';

import { ChunkQueue } from '../chunk-queue.js';
import type { BoxFiles, BoxPath, FileCallOptions } from './box-files.js';
import type { FileEvent } from './file-event.js';
import { FileReadStream } from './file-read-stream.js';
import { type FileStat, readFileStat } from './file-stat.js';
import { FileWatch } from './file-watch.js';
import { pathBytes, showPath } from './path.js';
import { writeFile } from './write-file.js';

const DEFAULT_MAX_READ_BYTES = 64 * 1024 * 1024;

/** Most entries of one directory that are taken; about 500 MB of objects. */
const MAX_ENTRIES = 1_000_000;

const fileMode = (mode: number | undefined): number | undefined => {
  if (mode === undefined || (Number.isInteger(mode) && mode >= 0 && mode <= 0o7777)) return mode;
  throw new BoxliteError('InvalidArgument', `The mode ${String(mode)} is none; give permission bits from 0 to 0o7777.`);
};

/** The files of a Box over its agent's session. */
export class AgentFiles implements BoxFiles {
  constructor(private readonly channel: PortalChannel) {}

  async read(path: BoxPath, options: FileCallOptions & { maxBytes?: number } = {}): Promise<Buffer> {
    const { maxBytes = DEFAULT_MAX_READ_BYTES } = options;
    const chunks = new ChunkQueue();
    for await (const chunk of this.#open(path, options) as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      if (chunks.size > maxBytes) {
        throw new BoxliteError(
          'ResourceExhausted',
          `${showPath(path)} is longer than ${maxBytes} bytes. Raise maxBytes, or use readStream.`,
          {
            reason: 'EFBIG',
          },
        );
      }
    }
    return chunks.drain();
  }

  async readStream(path: BoxPath, options: FileCallOptions = {}): Promise<Readable> {
    const stream = this.#open(path, options);
    await stream.opened;
    return stream;
  }

  async write(path: BoxPath, data: Uint8Array | string | Readable, options: FileCallOptions & { mode?: number } = {}): Promise<void> {
    const file = { path: pathBytes(path), data, mode: fileMode(options.mode) };
    await writeFile(this.channel, file, `write ${showPath(path)} in the Box`, options);
  }

  async append(path: BoxPath, data: Uint8Array | string | Readable, options: FileCallOptions = {}): Promise<void> {
    const file = { path: pathBytes(path), data, append: true };
    await writeFile(this.channel, file, `append to ${showPath(path)} in the Box`, options);
  }

  async stat(path: BoxPath, options: FileCallOptions & { follow?: boolean } = {}): Promise<FileStat> {
    const action = `stat ${showPath(path)} in the Box`;
    const request = { path: pathBytes(path), follow: options.follow ?? true };
    const stat = readFileStat(await unary(this.channel, FilesService.stat, request, action, options));
    if (!stat)
      throw new BoxliteError('Portal', `Could not ${action}: what the guest agent says of it cannot be.`, { reason: 'protocol-violation' });
    return stat;
  }

  async list(path: BoxPath, options: FileCallOptions = {}): Promise<FileStat[]> {
    throwIfAborted(options.signal);
    const request = { path: pathBytes(path) };
    return new Promise((resolve, reject) => {
      const found: FileStat[] = [];
      const onMessage = ({ entries }: ListFilesResponse): void => {
        for (const entry of entries) {
          const stat = readFileStat(entry);
          if (!stat) {
            call.violated('a file that cannot be');
            return;
          }
          found.push(stat);
        }
        if (found.length > MAX_ENTRIES) {
          call.cancel(
            new BoxliteError(
              'ResourceExhausted',
              `The directory ${showPath(path)} has more than ${MAX_ENTRIES} entries. List it in the Box.`,
            ),
          );
        }
        call.read();
      };
      const onEnd = (error: Error | undefined): void => {
        if (error) reject(error);
        else resolve(found);
      };
      const call: PortalCall<ListFilesRequest, ListFilesResponse> = new PortalCall(
        this.channel,
        FilesService.list,
        `list ${showPath(path)} in the Box`,
        { onMessage, onEnd },
        options,
      );
      call.send(request);
      call.end();
      call.read();
    });
  }

  async mkdir(path: BoxPath, options: FileCallOptions & { parents?: boolean; mode?: number } = {}): Promise<void> {
    const request = { path: pathBytes(path), parents: options.parents ?? false, mode: fileMode(options.mode) };
    await unary(this.channel, FilesService.makeDirectory, request, `make the directory ${showPath(path)} in the Box`, options);
  }

  async remove(path: BoxPath, options: FileCallOptions & { recursive?: boolean; force?: boolean } = {}): Promise<void> {
    const request = { path: pathBytes(path), recursive: options.recursive ?? false, force: options.force ?? false };
    await unary(this.channel, FilesService.remove, request, `remove ${showPath(path)} in the Box`, options);
  }

  async rename(from: BoxPath, to: BoxPath, options: FileCallOptions = {}): Promise<void> {
    const request = { from: pathBytes(from), to: pathBytes(to) };
    await unary(this.channel, FilesService.rename, request, `rename ${showPath(from)} to ${showPath(to)} in the Box`, options);
  }

  async watch(path: BoxPath, options: FileCallOptions & { recursive?: boolean } = {}): Promise<AsyncIterable<FileEvent>> {
    throwIfAborted(options.signal);
    const watch = new FileWatch(this.channel, pathBytes(path), options.recursive ?? false, `watch ${showPath(path)} in the Box`, options);
    await watch.opened;
    return watch;
  }

  #open(path: BoxPath, options: CallOptions): FileReadStream {
    throwIfAborted(options.signal);
    return new FileReadStream(this.channel, pathBytes(path), `read ${showPath(path)} in the Box`, options);
  }
}
