import { execFileSync } from 'node:child_process';
import { fakeCli } from './fake-cli.js';

/** What `boxlite completion` prints for a shell. */
export const completionScript = async (shell: string): Promise<string> => {
  const { boxlite, stdout } = fakeCli();
  expect(await boxlite('completion', shell)).toBe(0);
  return stdout.text;
};

/** Whether a shell is installed. */
export const hasShell = (program: string): boolean => {
  try {
    execFileSync(program, ['-c', 'exit 0']);
    return true;
  } catch {
    return false;
  }
};
