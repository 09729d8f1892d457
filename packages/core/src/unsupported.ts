import { BoxliteError } from '@boxlite/shared';

/** The refusal of what BoxLite does not do yet: better than an option that nothing reads. */
export const unsupported = (feature: string, instead?: string): BoxliteError =>
  new BoxliteError('Unsupported', `${feature} is not supported by this version of BoxLite${instead === undefined ? '' : `; ${instead}`}`);
