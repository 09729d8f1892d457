import type { Execution } from '@boxlite/agent';
import type { BoxAction, EventAttributes } from './runtime-event.js';

/** Of a command's name, in characters. */
const MAX_SHOWN = 256;

type Tell = (action: BoxAction, attributes: EventAttributes) => void;

/** Tells of a command now and at its end. Its arguments may hold what is secret, and the log of events stays: they are left out. */
export const tellExecution = (execution: Execution, command: string, tell: Tell): void => {
  tell('exec-started', { exec: execution.id, command: command.slice(0, MAX_SHOWN) });
  tellEnd(execution, tell);
};

/** Tells of the end alone, of one that was told of before. */
export const tellEnd = (execution: Execution, tell: Tell): void => {
  const { id } = execution;
  void execution.wait().then(
    ({ exitCode, signal, timedOut, oomKilled }) => {
      if (oomKilled) tell('oom', { exec: id });
      tell('exec-ended', { exec: id, exitCode, signal, timedOut });
    },
    () => {
      // With its Box, or because its program did not want it any more.
      tell('exec-ended', { exec: id, exitCode: null, signal: null, timedOut: false });
    },
  );
};
