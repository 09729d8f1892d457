/**
 * Signals as the guest numbers them: Linux on x86-64 (signal(7)). The host's own numbers differ on macOS, so this table does not
 * come from `os.constants`.
 */
import { BoxliteError } from '@boxlite/shared';

const NAMES: readonly NodeJS.Signals[] = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGKILL',
  'SIGUSR1',
  'SIGSEGV',
  'SIGUSR2',
  'SIGPIPE',
  'SIGALRM',
  'SIGTERM',
  'SIGSTKFLT',
  'SIGCHLD',
  'SIGCONT',
  'SIGSTOP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGURG',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGVTALRM',
  'SIGPROF',
  'SIGWINCH',
  'SIGIO',
  'SIGPWR',
  'SIGSYS',
];

const ALIASES: Readonly<Record<string, number>> = { SIGIOT: 6, SIGPOLL: 29, SIGUNUSED: 31, SIGRTMIN: 34, SIGRTMAX: 64 };

/** The first real-time signal as programs count them; the C library keeps 32 and 33 for itself. */
const RTMIN = 34;
const MAX = 64;

export const isSignalNumber = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= MAX;

/**
 * The name of a signal's number, 1 to 64.
 *
 * Real-time signals have no names in Node.js: they read `SIGRTMIN`, `SIGRTMIN+1` and so on, the two below them `SIG32` and `SIG33`;
 * `kill` takes all of these.
 */
export const signalName = (number: number): NodeJS.Signals => {
  const name = NAMES[number - 1];
  if (name) return name;
  if (number < RTMIN) return `SIG${number}` as NodeJS.Signals;
  return (number === RTMIN ? 'SIGRTMIN' : `SIGRTMIN+${number - RTMIN}`) as NodeJS.Signals;
};

/**
 * The number of a signal that is given by name or number.
 *
 * @throws BoxliteError `InvalidArgument` for what is neither.
 */
export const signalNumber = (signal: NodeJS.Signals | number): number => {
  const number = typeof signal === 'number' ? signal : numberOf(signal);
  if (number !== undefined && isSignalNumber(number)) return number;
  throw new BoxliteError('InvalidArgument', `'${String(signal)}' is no signal; give a name such as SIGTERM, or a number from 1 to ${MAX}.`);
};

const numberOf = (name: string): number | undefined => {
  const at = NAMES.indexOf(name as NodeJS.Signals);
  if (at >= 0) return at + 1;
  const match = /^SIG(?:RTMIN\+(\d{1,2})|(\d{2}))$/.exec(name);
  if (match) return match[1] === undefined ? Number(match[2]) : RTMIN + Number(match[1]);
  return Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined;
};
