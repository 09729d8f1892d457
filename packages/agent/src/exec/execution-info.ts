import { BoxliteError, type CallOptions, plainText, type PortalChannel, unary } from '@boxlite/shared';
import { ExecutionService } from '@boxlite/shared/protocol';

/** What is known of an execution that a Box holds; plain data. */
export interface ExecutionInfo {
  /** Unique within the Box; `LiteBox.execution` takes it. */
  id: string;
  /** As processes in the Box see it. */
  pid: number;
  /** The program and its arguments, cut after 1024 bytes; what is no text in it is replaced. */
  command: string[];
  /** False when its process has ended and nobody was told of it yet. */
  running: boolean;
  tty: boolean;
  /** A program is connected with it: this one, since a home belongs to one at a time. */
  attended: boolean;
}

/** More executions than an agent holds. */
const MAX_EXECUTIONS = 10_000;

/** The executions that the agent holds, oldest first. */
export const listExecutions = async (channel: PortalChannel, options: CallOptions): Promise<ExecutionInfo[]> => {
  const { executions } = await unary(channel, ExecutionService.list, {}, 'list the executions of the Box', options);
  if (executions.length > MAX_EXECUTIONS) {
    throw new BoxliteError('Portal', `The guest agent names ${executions.length} executions; it cannot have that many.`);
  }
  return executions.map(({ id, pid, argv, running, tty, attended }) => ({
    id: plainText(id, 128),
    pid,
    command: argv.map((argument) => argument.toString()),
    running,
    tty,
    attended,
  }));
};
