import { signalNumber } from '@boxlite/agent';
import { BoxliteError } from '@boxlite/shared';
import type { BoxOptions } from './box-options.js';

/** The number of a signal as images and options name it: QUIT, SIGQUIT, 3 or '3'. @throws BoxliteError `InvalidArgument`. */
export const stopSignalNumber = (name: string | number): number => {
  const text = String(name);
  if (/^\d{1,2}$/.test(text)) return signalNumber(Number(text));
  return signalNumber((text.startsWith('SIG') ? text : `SIG${text}`) as NodeJS.Signals);
};

/** @throws BoxliteError `InvalidArgument` for what is no signal, and for a Box that has no main process to send it to. */
export const checkStopSignal = ({ stopSignal, entrypoint, cmd, tty }: BoxOptions): string | null => {
  if (stopSignal === undefined) return null;
  if (entrypoint === undefined && cmd === undefined && tty !== true)
    throw new BoxliteError('InvalidArgument', 'stopSignal is for a main process; give one as cmd or entrypoint');
  stopSignalNumber(stopSignal);
  return String(stopSignal);
};
