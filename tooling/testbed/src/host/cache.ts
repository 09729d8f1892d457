import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

const root = (): string => join(process.env['BOXLITE_CACHE'] || join(homedir(), '.cache', 'boxlite'), 'testbed');

/**
 * A directory that is made once for the same inputs and then found again. Made beside and renamed, so one that is there is whole;
 * of two who make it at once, one's work is thrown away.
 */
export const cached = async (name: string, inputs: unknown, make: (directory: string) => Promise<void>): Promise<string> => {
  const key = createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 16);
  const target = join(root(), `${name}-${key}`);
  const isThere = () =>
    stat(target).then(
      () => true,
      () => false,
    );
  if (await isThere()) return target;
  await mkdir(root(), { recursive: true });
  const temporary = await mkdtemp(join(root(), '.making-'));
  try {
    await make(temporary);
    // Tests run as another user read it too.
    await chmod(temporary, 0o755);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if (!(await isThere())) throw error;
  }
  return target;
};
