import { BoxliteError } from '@boxlite/shared';
import type { Vm, VmExit } from '@boxlite/shim';

/** What a signal that the kernel ended a VMM by most likely means, and what to do about it. */
const LIKELY: Partial<Record<string, string>> = {
  SIGBUS:
    'a part of its memory, which is a file of the home, could not be had: the home is on a file system in memory (tmpfs) that is full, ' +
    'or its disk fails, or the file was cut short. Make room there, or have the home on a disk, and start it again',
  SIGSYS:
    'it made a system call that its jail forbids, whose number is below. Either what runs in the Box has taken its VMM over: do not trust what the ' +
    'Box made; or QEMU needs a call that is not on the list: report it',
};

/**
 * Why a VM ended that should not have: its last words from the console and the engine, under one line that says so.
 * @param lost What its end was to those who were connected with it, when they saw that first.
 */
export const vmDied = (whose: string, when: string, exit: VmExit, lost?: BoxliteError): BoxliteError => {
  if (exit.stall !== null) return outOfRoom(`the VM of ${whose} was ended ${when}`, exit.stall, 'start it again');
  const how = exit.signal !== null ? bySignal(exit.signal) : exit.code !== null ? `exit code ${String(exit.code)}` : 'unknown status';
  return new BoxliteError('Engine', `the VM of ${whose} ended ${when} (${how}). ${lastWords(exit)}`, { reason: 'vm-died', cause: lost });
};

/** The end of a VM that nobody saw. */
export const vmLost = (whose: string, words: Pick<VmExit, 'consoleTail' | 'engineTail'>): BoxliteError =>
  new BoxliteError('Engine', `the VM of ${whose} ended while no program had the home, or the host did. ${lastWords(words)}`, {
    reason: 'vm-died',
  });

const lastWords = ({ consoleTail, engineTail }: Pick<VmExit, 'consoleTail' | 'engineTail'>): string => {
  const words = [engineTail, consoleTail].map((part) => part.trim()).filter((part) => part !== '');
  return words.length === 0 ? 'It printed nothing.' : `Its last words:\n${words.join('\n')}`;
};

const bySignal = (signal: string): string => {
  const likely = LIKELY[signal];
  return likely === undefined ? `signal ${signal}` : `signal ${signal}; most likely ${likely}`;
};

/** What became of a VM whose guest stalled, and what to do then. */
export const outOfRoom = (what: string, stall: BoxliteError, then: string): BoxliteError =>
  new BoxliteError(
    'ResourceExhausted',
    `${what}: ${stall.message}. Make room on the file system of the home (or raise its quota), and ${then}.`,
    {
      reason: 'ENOSPC',
      cause: stall,
    },
  );

/** A VM that ends closes its connections an instant before it is gone. */
const LAST_MOMENT_MS = 2_000;

export const isLost = (error: unknown): error is BoxliteError =>
  error instanceof BoxliteError && error.code === 'Portal' && error.reason === 'connection-lost';

/**
 * Waits for the end of a VM whose connection was lost, which says why. Not for ever: its agent may have given up the connection alone. Keeps this
 * program alive meanwhile, as who waits for the agent would have no answer else.
 */
export const lastMoment = async (ended: Promise<unknown> | undefined): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LAST_MOMENT_MS);
  });
  await Promise.race([ended, late]).finally(() => {
    clearTimeout(timer);
  });
};

/**
 * Waits for something that a VM's agent does, and for the VM's end: whichever comes first. The work is aborted when the VM ends.
 * @throws BoxliteError `Engine`, reason `vm-died`, with the VM's last words; `ResourceExhausted`, reason `ENOSPC`, when the host has no room for
 *   what the guest writes.
 */
export const whileAlive = async <T>(vm: Vm, whose: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const gone = new AbortController();
  const died = vm.exited.then((exit) => {
    const error = vmDied(whose, 'before it was ready', exit);
    gone.abort(error);
    throw error;
  });
  const worked = work(AbortSignal.any([signal, gone.signal])).catch(async (error: unknown) => {
    // Its end says why.
    if (isLost(error)) await lastMoment(died);
    throw error;
  });
  // The loser of the race must not be an unhandled rejection.
  died.catch(() => undefined);
  worked.catch(() => undefined);
  return Promise.race([worked, died]);
};
