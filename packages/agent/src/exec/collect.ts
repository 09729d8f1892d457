/** The last stage of an exec: everything a command prints, and how it ended, as one value. */
import { BoxliteError, plainText } from '@boxlite/shared';

import { ChunkQueue } from '../chunk-queue.js';
import type { ExecOptions, RunOptions } from './exec-options.js';
import type { Execution } from './execution.js';
import type { ExitStatus } from './exit-status.js';
import { OutputStream } from './output-stream.js';

const DEFAULT_MAX_BUFFER = 64 * 1024 * 1024;

/** How much of stderr an error of `check` repeats, in bytes. */
const STDERR_TAIL_BYTES = 400;

/** How a command ended and what it had printed until then. */
export interface RunResult<Output = string> extends ExitStatus {
  readonly stdout: Output;
  readonly stderr: Output;
}

/** Strings, or Buffers where the encoding is `'buffer'`. */
export type RunOutput<Options extends RunOptions> = Options extends { encoding: 'buffer' } ? Buffer : string;

/**
 * Starts a command by `exec` and collects what it prints until it has ended. What processes that it left behind print later is not
 * waited for.
 *
 * @param command - its name for error messages.
 * @throws BoxliteError `Execution` (`non-zero-exit`, `killed`, `timed-out`, `out-of-memory`) with `check`, its cause being the RunResult;
 *   `ResourceExhausted` beyond `maxBuffer`; what `exec` and `wait` throw.
 */
export const collect = async <Options extends RunOptions>(
  exec: (options: ExecOptions) => Promise<Execution>,
  command: string,
  options: Options,
): Promise<RunResult<RunOutput<Options>>> => {
  const { check = false, encoding = 'utf8', maxBuffer = DEFAULT_MAX_BUFFER, ...execOptions } = options;
  if (encoding !== 'buffer' && !Buffer.isEncoding(encoding)) {
    throw new BoxliteError('InvalidArgument', `'${String(encoding)}' is no encoding; give one of Node.js, or 'buffer'.`);
  }
  if (!(maxBuffer >= 0)) {
    throw new BoxliteError('InvalidArgument', `maxBuffer is ${String(maxBuffer)}; give a number of bytes.`);
  }
  if (execOptions.stdin === ('pipe' as string)) {
    throw new BoxliteError('InvalidArgument', "stdin is 'pipe', which nobody could write to here; give the data, or use exec.");
  }
  const execution = await exec(execOptions);
  const outputs = (['stdout', 'stderr'] as const).map((name) => gather(execution, name, command, maxBuffer));
  try {
    const status = await execution.waitForOutput();
    const [stdout, stderr] = outputs.map(({ queue }) => queue.drain()) as [Buffer, Buffer];
    const decode = (bytes: Buffer): RunOutput<Options> => (encoding === 'buffer' ? bytes : bytes.toString(encoding)) as RunOutput<Options>;
    const result = { ...status, stdout: decode(stdout), stderr: decode(stderr) };
    if (check && status.exitCode !== 0) throw failed(command, status, stderr, result);
    return result;
  } finally {
    for (const { stop } of outputs) stop();
  }
};

const gather = (
  execution: Execution,
  name: 'stdout' | 'stderr',
  command: string,
  maxBuffer: number,
): { queue: ChunkQueue; stop: () => void } => {
  const stream = execution[name];
  if (!(stream instanceof OutputStream)) throw new BoxliteError('Internal', 'The output of an execution is not its own.');
  const queue = new ChunkQueue();
  stream.pour((chunk) => {
    if (queue.size + chunk.length > maxBuffer) {
      execution.cancel(
        new BoxliteError(
          'ResourceExhausted',
          `'${plainText(command, 100)}' printed more than ${maxBuffer} bytes to ${name}, so it was killed. Raise maxBuffer, or stream its output.`,
          { reason: 'max-buffer' },
        ),
      );
      queue.clear();
      return;
    }
    queue.push(chunk);
  });
  const stop = (): void => {
    queue.clear();
    stream.pour(() => undefined);
  };
  return { queue, stop };
};

const failed = (command: string, status: ExitStatus, stderr: Buffer, result: unknown): BoxliteError => {
  const [how, reason] = status.timedOut
    ? ['ran out of time', 'timed-out']
    : status.oomKilled
      ? ['was killed because the Box had no memory left; give it more (memoryMib)', 'out-of-memory']
      : status.signal !== null
        ? [`was killed by ${status.signal}`, 'killed']
        : [`ended with exit code ${String(status.exitCode)}`, 'non-zero-exit'];
  const tail = plainText(stderr.subarray(-STDERR_TAIL_BYTES).toString());
  return new BoxliteError(
    'Execution',
    `'${plainText(command, 100)}' ${how}${tail === '' ? '; it printed nothing to stderr' : `: ${tail}`}`,
    {
      reason,
      cause: result,
    },
  );
};
