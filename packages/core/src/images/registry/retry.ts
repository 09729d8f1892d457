import { setTimeout as sleep } from 'node:timers/promises';
import { AbortError, BoxliteError } from '@boxlite/shared';

export interface RetryPolicy {
  /** How often something is tried again after it failed. */
  retries: number;
  /** Pause before the first further attempt; doubled for each one after it, half of it random. */
  backoffMs: number;
  maxBackoffMs: number;
  /** The longest pause that a registry may ask for by Retry-After; more is an error at once. */
  maxRetryAfterMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = { retries: 5, backoffMs: 250, maxBackoffMs: 8000, maxRetryAfterMs: 60_000 };

/** Thrown inside {@link withRetries}: trying again makes sense. `error` is what the caller gets when it did not help. */
export class PassingFailure extends Error {
  override readonly name = 'PassingFailure';

  constructor(
    readonly error: BoxliteError,
    /** What the registry asked for. */
    readonly retryAfterMs?: number,
    /** Whether so much came before the failure that the count of attempts begins anew. */
    readonly progress = false,
  ) {
    super(error.message);
  }
}

/** Reads Retry-After: seconds or a date. */
export const retryAfterMs = (header: string | undefined, now = Date.now()): number | undefined => {
  if (header === undefined) return undefined;
  if (/^[0-9]{1,9}$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
};

const pause = async (ms: number, signal: AbortSignal | undefined): Promise<void> => {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  } catch {
    throw new AbortError(signal?.reason);
  }
};

/** Failures of the network that may pass; refusals, wrong names and untrusted certificates do not. */
const PASSING = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/** Undefined for what does not pass by itself. */
export const asPassing = (error: unknown): PassingFailure | undefined => {
  if (error instanceof PassingFailure) return error;
  const passes = error instanceof BoxliteError && error.code === 'Network' && PASSING.has(error.reason ?? '');
  return passes ? new PassingFailure(error) : undefined;
};

/** Runs `attempt` until it succeeds, fails for good, or has failed in passing too often; the pauses between are the backoff. */
export const withRetries = async <T>(policy: RetryPolicy, signal: AbortSignal | undefined, attempt: () => Promise<T>): Promise<T> => {
  for (let failures = 0; ;) {
    try {
      return await attempt();
    } catch (error) {
      const failure = asPassing(error);
      if (failure === undefined) throw error;
      failures = failure.progress ? 1 : failures + 1;
      const { retryAfterMs: asked } = failure;
      if (failures > policy.retries || (asked !== undefined && asked > policy.maxRetryAfterMs)) throw failure.error;
      const backoff = Math.min(policy.maxBackoffMs, policy.backoffMs * 2 ** (failures - 1));
      await pause(asked ?? backoff * (0.5 + Math.random() / 2), signal);
    }
  }
};
