/**
 * Execution.Exec with its two frequent messages read and written by hand: a chunk of output is a view of the message it came in, and
 * a chunk of stdin is copied once. All other messages go through the generated code; tests hold both to the same bytes.
 */
import type { Method } from '@boxlite/shared';
import { type ExecRequest, ExecResponse, ExecutionService } from '@boxlite/shared/protocol';

// Field numbers of execution.proto, with wire type 2 (length and bytes).
const REQUEST_STDIN = (2 << 3) | 2;
const RESPONSE_STDOUT = (2 << 3) | 2;
const RESPONSE_STDERR = (3 << 3) | 2;

export const EXEC: Method<ExecRequest, ExecResponse> = {
  path: ExecutionService.exec.path,
  requestSerialize: (request) =>
    request.message?.$case === 'stdin' ? encodeStdin(request.message.value) : ExecutionService.exec.requestSerialize(request),
  responseDeserialize: (bytes) => decodeOutput(bytes) ?? ExecResponse.decode(bytes),
};

const encodeStdin = (chunk: Buffer): Buffer => {
  const message = Buffer.allocUnsafe(chunk.length + 6);
  message[0] = REQUEST_STDIN;
  let at = 1;
  let length = chunk.length;
  for (; length > 0x7f; length >>>= 7) message[at++] = (length & 0x7f) | 0x80;
  message[at++] = length;
  return message.subarray(0, at + chunk.copy(message, at));
};

/** Reads a message that is nothing but a chunk of output; undefined when it is anything else. */
const decodeOutput = (bytes: Buffer): ExecResponse | undefined => {
  const tag = bytes[0];
  if (tag !== RESPONSE_STDOUT && tag !== RESPONSE_STDERR) return undefined;
  let length = 0;
  let at = 1;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    if (byte === undefined || shift > 21) return undefined;
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  if (at + length !== bytes.length) return undefined;
  return { message: { $case: tag === RESPONSE_STDOUT ? 'stdout' : 'stderr', value: bytes.subarray(at) } };
};
