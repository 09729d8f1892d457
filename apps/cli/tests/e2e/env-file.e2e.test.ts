import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Home } from './support/home.js';

/** `--env-file` is also an option of Node.js 20 and newer, which looks for it behind the script's name, too. */
describe('boxlite run --env-file', () => {
  let home: Home;
  let variables: string;
  let ran: string;

  beforeAll(async () => {
    home = await Home.make();
    variables = join(home.path, 'variables');
    ran = join(home.path, 'ran');
    const script = join(home.path, 'script.cjs');
    writeFileSync(script, `require('node:fs').writeFileSync(${JSON.stringify(ran)}, '');\n`);
    writeFileSync(variables, `FROM_FILE=1\nNODE_OPTIONS=--require ${script}\n`);
  });

  afterAll(() => home[Symbol.asyncDispose]());

  it('is for the Box alone: boxlite itself runs nothing of the file', async () => {
    const result = await home.run(['run', '--rm', '--env-file', variables, '--', 'sh', '-c', 'echo "$FROM_FILE $NODE_OPTIONS"']);
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^1 --require \S+script\.cjs\n$/) });
    expect(existsSync(ran)).toBe(false);
  });

  it.each([
    ['in two words', (): string[] => ['--env-file', variables]],
    ['in one word', (): string[] => [`--env-file=${variables}`]],
  ])('is, %s, not read by Node.js, however boxlite is started', async (_, option) => {
    const args = ['run', ...option(), '--help'];
    for (const result of [await home.run(args), await home.runFile(args), await home.shell(`boxlite ${args.join(' ')}`)])
      expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('--env-file') });
    expect(existsSync(ran)).toBe(false);
  });

  it('names a file that is missing', async () => {
    const missing = join(home.path, 'missing');
    const args = ['run', '--env-file', missing, '--', 'true'];
    for (const result of [await home.run(args), await home.runFile(args)]) {
      expect(result).toMatchObject({ exitCode: 125, stdout: '' });
      expect(result.stderr).toMatch(/^boxlite: cannot read the file of --env-file: .*missing/);
    }
  });
});
