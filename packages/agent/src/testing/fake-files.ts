import { BoxliteError } from '@boxlite/shared';
import { type FileInfo, type FilesServer, FileType, type WriteFileRequest, type WriteFileResponse } from '@boxlite/shared/protocol';
import { failedBy } from '@boxlite/shared/testing';
import type { sendUnaryData, ServerReadableStream } from '@grpc/grpc-js';

const CHUNK = 64 * 1024;

/** For tests: the Files service over a map of paths to contents. */
export const fakeFiles = (contents: Map<string, Buffer>): FilesServer => {
  const info = (path: string, data: Buffer): FileInfo => ({
    name: Buffer.from(path.slice(path.lastIndexOf('/') + 1)),
    type: FileType.FILE_TYPE_REGULAR,
    mode: 0o644,
    size: BigInt(data.length),
    uid: 1,
    gid: 2,
    mtimeUnixNanos: 1_700_000_000_000_000_000n,
    linkTarget: Buffer.alloc(0),
  });
  const missing = (path: Buffer) =>
    failedBy(new BoxliteError('NotFound', `${path.toString()}: no such file or directory`, { reason: 'ENOENT' }));
  return {
    read: (call) => {
      const data = contents.get(call.request.path.toString());
      if (!data) {
        call.emit('error', missing(call.request.path));
        return;
      }
      let at = 0;
      const send = (): void => {
        while (at < data.length) {
          const chunk = data.subarray(at, at + CHUNK);
          at += chunk.length;
          if (!call.write({ data: chunk })) {
            call.once('drain', send);
            return;
          }
        }
        call.end();
      };
      send();
    },
    write: (call: ServerReadableStream<WriteFileRequest, WriteFileResponse>, callback: sendUnaryData<WriteFileResponse>) => {
      let path: string | undefined;
      const chunks: Buffer[] = [];
      call.on('data', ({ message }: WriteFileRequest) => {
        if (message?.$case === 'open') path = message.value.path.toString();
        else if (message?.$case === 'data') chunks.push(message.value);
        else if (message?.$case === 'end' && path !== undefined && path !== '/full') {
          contents.set(path, Buffer.concat(chunks));
          callback(null, { size: BigInt(contents.get(path)?.length ?? 0) });
        }
        if (path === '/full') callback(failedBy(new BoxliteError('Storage', 'no space left on device', { reason: 'ENOSPC' })), null);
      });
      call.on('error', () => undefined);
    },
    stat: (call, callback) => {
      const path = call.request.path.toString();
      const data = contents.get(path);
      if (data) callback(null, info(path, data));
      else callback(missing(call.request.path), null);
    },
    list: (call) => {
      const directory = `${call.request.path.toString()}/`;
      for (const [path, data] of contents) if (path.startsWith(directory)) call.write({ entries: [info(path, data)] });
      call.end();
    },
    makeDirectory: (_call, callback) => {
      callback(null, {});
    },
    remove: (call, callback) => {
      contents.delete(call.request.path.toString());
      callback(null, {});
    },
    watch: (call) => {
      call.end();
    },
    rename: (call, callback) => {
      const data = contents.get(call.request.from.toString());
      if (data) contents.set(call.request.to.toString(), data);
      contents.delete(call.request.from.toString());
      callback(null, {});
    },
  };
};
