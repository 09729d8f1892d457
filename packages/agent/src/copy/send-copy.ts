import { type CallOptions, type PortalCall, type PortalChannel, singleResponse, throwIfAborted } from '@boxlite/shared';
import { type CopyInRequest, type CopyInResponse, CopyService } from '@boxlite/shared/protocol';

/** Whom copied files belong to. */
export interface CopyOwner {
  uid: number;
  gid: number;
}

export interface SendCopy {
  path: Buffer;
  /** As the records say when it is undefined. */
  owner: CopyOwner | undefined;
  /** Messages of records; see `native/copy/src/record.rs`. */
  messages: AsyncIterable<readonly Buffer[]>;
  /** Called after messages were handed over. */
  onSent?: (() => void) | undefined;
  /** Called when the guest has answered, or cannot any more; then nobody takes messages, and who waits for the next one should not. */
  onOver?: (() => void) | undefined;
}

/** What a copy into the Box did. */
export interface CopyReceipt {
  entries: number;
  bytes: number;
  lostXattrs: number;
}

/** Copies a tree into the Box at the pace at which the guest takes it. When the messages break off, the call does, and nothing half is left. */
export const sendCopy = async (channel: PortalChannel, copy: SendCopy, action: string, options: CallOptions): Promise<CopyReceipt> => {
  throwIfAborted(options.signal);
  let over = false;
  let wake: (() => void) | undefined;
  const end = (): void => {
    over = true;
    wake?.();
    copy.onOver?.();
  };
  let call!: PortalCall<CopyInRequest, CopyInResponse>;
  const response = new Promise<CopyInResponse>((resolve, reject) => {
    call = singleResponse(channel, CopyService.in, action, options, resolve, reject);
  });
  void response.then(end, end);
  const send = (message: NonNullable<CopyInRequest['message']>): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      if (over) resolve();
      else call.send({ message }, resolve);
    });

  try {
    await send({ $case: 'open', value: { path: copy.path, owner: copy.owner } });
    for await (const messages of copy.messages) {
      for (const records of messages) await send({ $case: 'records', value: records });
      copy.onSent?.();
      // The guest answers before the end when it cannot go on.
      if (over) break;
    }
    call.end();
  } catch (error) {
    call.cancel(error instanceof Error ? error : new Error(String(error)));
  }
  const { entries, bytes, lostXattrs } = await response;
  return { entries: Number(entries), bytes: Number(bytes), lostXattrs: Number(lostXattrs) };
};
