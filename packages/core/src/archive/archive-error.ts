import { BoxliteError, errorMessage } from '@boxlite/shared';

/** For an archive that is not what its maker wrote, by accident or on purpose. */
export const damaged = (path: string, why: string, cause?: unknown): BoxliteError =>
  new BoxliteError('Storage', `the archive ${path} is damaged: ${why}; copy it again from where it came from, or export the Box again`, {
    reason: 'archive-damaged',
    cause,
  });

export const missing = (path: string): BoxliteError => new BoxliteError('NotFound', `there is no archive ${path}`, { reason: 'ENOENT' });

export const noArchive = (path: string): BoxliteError =>
  new BoxliteError('InvalidArgument', `${path} is no archive of a Box; give a file that a Box was exported to`, { reason: 'no-archive' });

export const otherVersion = (path: string, found: number, known: number): BoxliteError =>
  new BoxliteError(
    'Unsupported',
    `the archive ${path} has version ${found} of the format; this BoxLite reads version ${known}, so import it with the BoxLite that made it`,
    { reason: 'archive-version' },
  );

/** Why something was refused; what a hostile archive brings into a message is cut. */
export const shortMessage = (error: unknown): string => errorMessage(error).slice(0, 500);
