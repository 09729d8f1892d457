import { BoxliteError } from '@boxlite/shared';
import type { Descriptor } from '../format/descriptor.js';
import { shortDigest } from '../format/digest.js';
import type { HttpResponse } from '../registry/http-client.js';
import type { RegistryClient } from '../registry/registry-client.js';
import { asPassing, PassingFailure, type RetryPolicy, withRetries } from '../registry/retry.js';
import type { BlobStore } from '../store/blob-store.js';
import type { BlobWriter } from '../store/blob-writer.js';

/** So much between two failures shows that going on will end some time. */
const PROGRESS_BYTES = 1024 * 1024;

export interface BlobFetch {
  readonly store: BlobStore;
  readonly repository: string;
  readonly descriptor: Descriptor;
  readonly retry: RetryPolicy;
  readonly signal: AbortSignal;
  /** Called for each piece: how many bytes of the blob are here, and how many have just come. */
  readonly onBytes: (current: number, received: number) => void;
}

/** Where the body of an answer belongs; the registry may not be able to begin in the middle. */
const seek = async (response: HttpResponse, writer: BlobWriter): Promise<void> => {
  if (writer.written === 0) return;
  const range = /^bytes ([0-9]+)-/.exec(response.header('content-range') ?? '');
  if (response.status === 206 && range !== null && Number(range[1]) === writer.written) return;
  if (response.status === 206) {
    response.discard();
    await writer.restart();
    throw new PassingFailure(
      new BoxliteError('Network', `${response.url.host} sent another part of a blob than was asked for`, { reason: 'bad-range' }),
    );
  }
  await writer.restart();
};

/** One attempt at what is still missing. */
const fetchRest = async (
  client: RegistryClient,
  { repository, descriptor, signal, onBytes }: BlobFetch,
  writer: BlobWriter,
): Promise<void> => {
  let received = 0;
  try {
    const response = await client.blob(repository, descriptor, writer.written, signal);
    await seek(response, writer);
    for await (const chunk of response.body) {
      await writer.write(chunk);
      received += chunk.length;
      onBytes(writer.written, chunk.length);
    }
    if (writer.missing > 0) {
      throw new PassingFailure(
        new BoxliteError(
          'Image',
          `blob ${shortDigest(descriptor.digest)} was cut short by ${client.host}: ${writer.written} of ${descriptor.size} bytes came`,
          {
            reason: 'truncated',
          },
        ),
      );
    }
  } catch (error) {
    const passing = asPassing(error);
    if (passing === undefined) throw error;
    throw new PassingFailure(passing.error, passing.retryAfterMs, received >= PROGRESS_BYTES);
  }
};

const isWrongContent = (error: unknown): boolean =>
  error instanceof BoxliteError && (error.reason === 'digest-mismatch' || error.reason === 'too-long' || error.reason === 'ENOSPC');

/**
 * Fetches one blob into the store. A transfer that breaks off is gone on with, also one of an earlier run.
 * Whatever was kept from earlier and turns out to be wrong is fetched once more from its beginning.
 */
export const fetchBlob = async (client: RegistryClient, fetch: BlobFetch): Promise<void> => {
  for (;;) {
    const writer = await fetch.store.writer(fetch.descriptor);
    const resumed = writer.written > 0;
    try {
      if (writer.missing > 0 || fetch.descriptor.size === 0)
        await withRetries(fetch.retry, fetch.signal, () => fetchRest(client, fetch, writer));
    } catch (error) {
      if (isWrongContent(error)) await writer.discard();
      else await writer.close();
      throw error;
    }
    try {
      await writer.commit();
      return;
    } catch (error) {
      if (!resumed || !isWrongContent(error)) throw error;
    }
  }
};
