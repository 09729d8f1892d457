import { run } from '../host/run.js';

export const SUITE = 'bookworm';
export const SOURCE_DATE_EPOCH = '1700000000';
/** When an image says that it was made, so that each run makes the same. */
export const CREATED = new Date(Number(SOURCE_DATE_EPOCH) * 1000).toISOString();
export const ENVIRONMENT = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'LANG=C.UTF-8'];

/** Makes a minimal Debian, with these packages, as a tar archive. Packages come from the mirror that this machine's own apt uses. */
export const bootstrap = async (archive: string, packages: readonly string[], options: readonly string[] = []): Promise<void> => {
  const include = packages.length === 0 ? [] : [`--include=${packages.join(',')}`];
  await run('mmdebstrap', ['--quiet', '--mode=auto', '--variant=minbase', ...include, ...options, SUITE, archive], {
    env: { SOURCE_DATE_EPOCH },
  });
};
