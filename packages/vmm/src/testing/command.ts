import { spawnSync } from 'node:child_process';

/** Runs a program of the host that only tests use. */
export const run = (command: string, ...args: string[]): { status: number | null; output: string } => {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  });
  return { status, output: `${stdout}${stderr}` };
};

/** `test`, or a skipped one that says which program is missing. */
export const testWith = (command: string): jest.It => {
  const found = run('sh', '-c', `command -v ${command}`).status === 0;
  if (!found) process.stderr.write(`skipped: ${command} is not installed\n`);
  return found ? test : test.skip;
};
