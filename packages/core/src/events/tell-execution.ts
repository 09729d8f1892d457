import type { Execution } from '@boxlite/agent';
import type { BoxAction, EventAttributes } from './runtime-event.js';

/** Of a command's name, in characters. */
const MAX_SHOWN = 256;

/** Tells of a command now and at its end. Its arguments may hold what is secret, and the log of events stays: they are left out. */
export const tellExecution = (
  execution: Execution,
  command: string,
  tell: (action: BoxAction, attributes: EventAttributes) => void,
): void => {
  const { id } = execution;
  tell('exec-started', { exec: id, command: command.slice(0, MAX_SHOWN) });
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
