import { programOf } from './program-of.js';
import { isBoxliteError } from './exit-code.js';

/** True when another process has the home. */
export const isLockedHome = (error: Error): boolean => isBoxliteError(error) && error.code === 'Config' && error.reason === 'locked';

/** The process that has the home, as core's message names it. */
export const ownerOf = ({ message }: Error): number | undefined => {
  const [, pid] = /is locked by (?:this )?process \(?(\d+)/.exec(message) ?? [];
  return pid === undefined ? undefined : Number(pid);
};

export interface LockedHome {
  message: string;
  hint: string;
}

/** The words for a home that another process has. Core's message names the lock's file and its holder. */
export const describeLockedHome = ({ message }: Error): LockedHome => {
  const [, home, holder, pid] = /^(.*)\/[^/]+ is locked by (process (\d+)|another process);/s.exec(message) ?? [];
  const program = pid === undefined ? undefined : programOf(Number(pid));
  const who = `${String(holder)}${program === undefined ? '' : ` (${program})`}`;
  return {
    message:
      home === undefined || holder === undefined ? message : `the home ${home} is in use by ${who}; one process uses a home at a time`,
    hint: `Wait until it ends, end it${pid === undefined ? '' : ` ('kill ${pid}')`}, or use another home with --home or BOXLITE_HOME.`,
  };
};
