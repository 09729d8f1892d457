import { Option } from 'commander';
import { parseDuration } from './parse-duration.js';

/** `-t`: milliseconds that processes have to end; the option's value is `time`. */
export const stopTimeOption = (): Option =>
  new Option('-t, --time <seconds>', 'how long processes may take to end; 0 switches the machine off at once (default: 10)').argParser(
    parseDuration,
  );
