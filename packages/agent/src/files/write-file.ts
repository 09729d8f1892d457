import {
  BoxliteError,
  type CallOptions,
  errorMessage,
  type PortalCall,
  type PortalChannel,
  singleResponse,
  throwIfAborted,
} from '@boxlite/shared';
import { FilesService, type WriteFileRequest, type WriteFileResponse } from '@boxlite/shared/protocol';

import { isStream, type Source, toBytes } from '../source.js';

const MAX_MESSAGE_BYTES = 64 * 1024;

type WriteCall = PortalCall<WriteFileRequest, WriteFileResponse>;

export interface WriteFile {
  path: Buffer;
  mode?: number | undefined;
  /** To the end of the file, in place. */
  append?: boolean;
  data: Source;
}

/** Sends a file's content, at the pace at which the guest takes it. Data that breaks off cancels the call, and no file appears. */
export const writeFile = async (channel: PortalChannel, file: WriteFile, action: string, options: CallOptions): Promise<void> => {
  throwIfAborted(options.signal);
  const source = isStream(file.data) ? file.data : undefined;
  let over = false;
  let wake: (() => void) | undefined;
  const end = (): void => {
    over = true;
    wake?.();
    // The guest may answer before the end, for want of space; nobody needs the rest then.
    source?.destroy();
  };
  let call!: WriteCall;
  const response = new Promise<WriteFileResponse>((resolve, reject) => {
    call = singleResponse(channel, FilesService.write, action, options, resolve, reject);
  });
  void response.then(end, end);

  const send = (message: NonNullable<WriteFileRequest['message']>): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      if (over) resolve();
      else call.send({ message }, resolve);
    });

  let size = 0;
  try {
    await send({ $case: 'open', value: { path: file.path, mode: file.mode, append: file.append ?? false } });
    for await (const chunk of (source ?? [file.data]) as AsyncIterable<unknown>) {
      const bytes = toBytes(chunk);
      for (let at = 0; at < bytes.length && !over; at += MAX_MESSAGE_BYTES) {
        await send({ $case: 'data', value: bytes.subarray(at, at + MAX_MESSAGE_BYTES) });
      }
      size += bytes.length;
    }
    await send({ $case: 'end', value: {} });
    call.end();
  } catch (cause) {
    const why = errorMessage(cause);
    call.cancel(new BoxliteError('InvalidArgument', `Could not ${action}: the data broke off: ${why}`, { reason: 'data-failed', cause }));
  }
  const { size: written } = await response;
  if (Number(written) !== size) throw call.violation(`${written} bytes written of ${size}`);
};
