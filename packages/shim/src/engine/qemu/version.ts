import { BoxliteError } from '@boxlite/shared';

/** The oldest QEMU that has all that the machine and the migration of its memory need. */
const OLDEST = { major: 7, minor: 2 };

/** @throws BoxliteError UnsupportedEngine when `version` is older than 7.2, or no version; `advice` says what to do about it. */
export const checkVersion = (version: string, subject: string, advice: string): void => {
  const match = /^(\d{1,4})\.(\d{1,4})(?:\.\d{1,4})?(?:[-+~ ].*)?$/.exec(version);
  const [major, minor] = [Number(match?.[1] ?? -1), Number(match?.[2] ?? -1)];
  if (major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor)) return;
  throw new BoxliteError(
    'UnsupportedEngine',
    `${subject} is QEMU ${JSON.stringify(version)}, but ${String(OLDEST.major)}.${String(OLDEST.minor)} or newer is needed. ${advice}`,
    { reason: 'engine-version' },
  );
};
