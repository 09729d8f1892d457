import { execFileSync } from 'node:child_process';
import { buildProgram } from '../program.js';
import { fakeCli } from '../testing/fake-cli.js';
import { completionScript, hasShell } from '../testing/shells.js';
import { allCommands, type CommandModel, commandModel } from './command-model.js';

/** Every command there is, with what a shell has to know of it. */
const models = (): CommandModel[] =>
  allCommands(
    commandModel(
      buildProgram(fakeCli().cli, () => {
        throw new Error('nothing is run here');
      }),
    ),
  );

describe('bash completion', () => {
  /** What bash offers for the last word of a line. */
  const complete = async (line: string): Promise<string[]> => {
    const words = line.split(' ');
    const call = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${String(words.length - 1)}; _boxlite; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', `${await completionScript('bash')}\n${call}`], { encoding: 'utf8' })
      .trim()
      .split('\n');
  };

  it('offers commands', async () => {
    expect(await complete('boxlite ')).toEqual(expect.arrayContaining(['run', 'exec', 'ps', 'images', 'completion', '--home', '-q']));
    expect(await complete('boxlite st')).toEqual(['start', 'stop', 'stats']);
    expect(await complete('boxlite snapshot r')).toEqual(['restore', 'rm']);
  });

  it('offers the options of a command, the global ones among them, and none that is refused', async () => {
    expect(await complete('boxlite run --me')).toEqual(['--memory']);
    expect(await complete('boxlite ps --h')).toEqual(expect.arrayContaining(['--home', '--help']));
    expect(await complete('boxlite run --t')).toEqual(['--tty', '--timeout']);
    expect(await complete('boxlite snapshot restore --di')).toEqual(['--disk-only']);
    expect(await complete('boxlite snapshot rm --f')).toEqual(['']);
    expect(await complete('boxlite resume --ho')).toEqual(['--home']);
  });

  it('offers every command, and every option of each', async () => {
    const text = await completionScript('bash');
    const all = models();
    expect(all.length).toBeGreaterThan(30);
    // One bash for all of them: each line is what was offered for one command.
    const calls = all.map(({ path }) => {
      const words = ['boxlite', ...path, ''];
      return `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${String(words.length - 1)}; _boxlite; echo "\${COMPREPLY[*]}"`;
    });
    const offered = execFileSync('bash', ['-c', `${text}\n${calls.join('\n')}`], { encoding: 'utf8' }).split('\n');
    for (const [index, { path, options, commands, choices }] of all.entries()) {
      const expected = [...commands.map((command) => command.path.at(-1)), ...choices, ...options.flatMap(({ flags }) => flags)];
      expect({ path, words: offered[index]?.split(' ').toSorted() }).toEqual({ path, words: expected.toSorted() });
    }
  });

  it('offers the values that an option can have', async () => {
    expect(await complete('boxlite --accelerator ')).toEqual(['auto', 'kvm', 'hvf', 'tcg']);
    expect(await complete('boxlite completion ba')).toEqual(['bash']);
    expect(await complete('boxlite run --pull a')).toEqual(['always']);
    expect(await complete('boxlite run --memory ')).toEqual(['']);
  });
});

describe.each(['zsh', 'fish'])('%s completion', (shell) => {
  it('speaks of every command and option that the help shows', async () => {
    const text = await completionScript(shell);
    for (const word of ['run', 'inspect', 'memory', 'quiet', 'accelerator', 'snapshot', 'resume']) expect(text).toContain(word);
    expect(text).not.toContain('--publish');
  });

  it('holds every command and every option of each', async () => {
    const text = await completionScript(shell);
    for (const { path, options } of models()) {
      for (const word of path) expect(text).toContain(word);
      for (const { flags } of options) for (const flag of flags) expect(text).toContain(flag.replace(/^-+/, ''));
    }
  });

  if (hasShell(shell)) {
    it('is a script that the shell reads', async () => {
      execFileSync(shell, ['-n', '-c', await completionScript(shell)]);
    });

    if (shell === 'fish') {
      it('tells commands of one name apart', async () => {
        const text = await completionScript(shell);
        const complete = (line: string): string =>
          execFileSync(shell, ['--no-config', '-c', `${text}\nfunction boxlite; end\ncomplete -C '${line}'`], { encoding: 'utf8' });
        expect(complete('boxlite snapshot ')).toMatch(/^restore\t/m);
        expect(complete('boxlite rm --f')).toContain('--force');
        expect(complete('boxlite snapshot rm --f')).not.toContain('--force');
        expect(complete('boxlite resume --ho')).toContain('--home');
      });
    }
  } else {
    it.skip(`is a script that the shell reads: ${shell} is not installed`, () => undefined);
  }
});
