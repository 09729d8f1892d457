import { stat } from 'node:fs/promises';
import { BoxliteError } from '@boxlite/shared';

const WRITABLE_BY_OTHERS = 0o022;

/**
 * A home is its owner's alone: whoever can write there chooses what this process opens, removes and starts.
 * @throws BoxliteError `Config`, reason `home-owner` or `home-mode`.
 */
export const checkHome = async (home: string): Promise<void> => {
  const { uid, mode } = await stat(home);
  const self = process.geteuid?.();
  if (self !== undefined && uid !== self) {
    throw new BoxliteError(
      'Config',
      `the home ${home} belongs to user ${String(uid)}, and this process runs as user ${String(self)}. Use a home of its own, or run as its owner.`,
      { reason: 'home-owner' },
    );
  }
  if ((mode & WRITABLE_BY_OTHERS) !== 0) {
    throw new BoxliteError('Config', `other users can write to the home ${home}; take that right from them: chmod go-w '${home}'`, {
      reason: 'home-mode',
    });
  }
};
