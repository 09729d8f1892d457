import { BoxliteError } from '@boxlite/shared';
import type { WindowSize } from '@boxlite/shared/protocol';

/** The size of a terminal whose size is not given, as of a VT100. */
const DEFAULT_SIZE = { rows: 24, columns: 80 } as const;
/** The kernel keeps both in 16 bits. */
const MAX_LENGTH = 0xffff;

/**
 * Checks the size of a terminal.
 *
 * @throws BoxliteError `InvalidArgument`.
 */
export const windowSize = (size: { rows: number; columns: number }): WindowSize => {
  const { rows, columns } = size;
  for (const length of [rows, columns]) {
    if (!Number.isInteger(length) || length < 1 || length > MAX_LENGTH) {
      throw new BoxliteError(
        'InvalidArgument',
        `A terminal cannot have ${String(rows)} rows and ${String(columns)} columns; give whole numbers from 1 to ${MAX_LENGTH}.`,
      );
    }
  }
  return { rows, columns };
};

/** The terminal that the option `tty` asks for; undefined for none. */
export const terminalSize = (tty: boolean | { rows: number; columns: number } | undefined): WindowSize | undefined => {
  if (tty === undefined || tty === false) return undefined;
  if (tty === true) return { ...DEFAULT_SIZE };
  if (typeof tty !== 'object' || (tty as unknown) === null) {
    throw new BoxliteError('InvalidArgument', `tty is of type ${typeof tty}; give true, false, or the rows and columns of a terminal.`);
  }
  return windowSize(tty);
};
