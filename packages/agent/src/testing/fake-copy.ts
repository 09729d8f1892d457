import type { CopyServer } from '@boxlite/shared/protocol';

/** For tests: a Copy service that takes everything, and gives back what it was given last. */
export const fakeCopy = (): CopyServer => {
  let messages: Buffer[] = [];
  return {
    in: (call, callback) => {
      messages = [];
      call.on('data', ({ message }: { message?: { $case: string; value: unknown } }) => {
        if (message?.$case === 'records') messages.push(message.value as Buffer);
      });
      call.on('error', () => undefined);
      call.on('end', () => {
        const bytes = messages.reduce((sum, { length }) => sum + length, 0);
        callback(null, { entries: BigInt(messages.length), bytes: BigInt(bytes), lostXattrs: 0n });
      });
    },
    out: (call) => {
      for (const records of messages) call.write({ records });
      call.end();
    },
  };
};
