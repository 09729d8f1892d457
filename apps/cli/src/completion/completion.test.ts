import { execFileSync } from 'node:child_process';
import { fakeCli } from '../testing/fake-cli.js';

const script = async (shell: string): Promise<string> => {
  const { boxlite, stdout } = fakeCli();
  expect(await boxlite('completion', shell)).toBe(0);
  return stdout.text;
};

const has = (program: string): boolean => {
  try {
    execFileSync(program, ['-c', 'exit 0']);
    return true;
  } catch {
    return false;
  }
};

describe('bash completion', () => {
  /** What bash offers for the last word of a line. */
  const complete = async (line: string): Promise<string[]> => {
    const words = line.split(' ');
    const call = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${String(words.length - 1)}; _boxlite; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', `${await script('bash')}\n${call}`], { encoding: 'utf8' })
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

  it('offers the values that an option can have', async () => {
    expect(await complete('boxlite --accelerator ')).toEqual(['auto', 'kvm', 'hvf', 'tcg']);
    expect(await complete('boxlite completion ba')).toEqual(['bash']);
    expect(await complete('boxlite run --pull a')).toEqual(['always']);
    expect(await complete('boxlite run --memory ')).toEqual(['']);
  });
});

describe.each(['zsh', 'fish'])('%s completion', (shell) => {
  it('speaks of every command and option that the help shows', async () => {
    const text = await script(shell);
    for (const word of ['run', 'inspect', 'memory', 'quiet', 'accelerator', 'snapshot', 'resume']) expect(text).toContain(word);
    expect(text).not.toContain('--publish');
  });

  if (has(shell)) {
    it('is a script that the shell reads', async () => {
      execFileSync(shell, ['-n', '-c', await script(shell)]);
    });

    if (shell === 'fish') {
      it('tells commands of one name apart', async () => {
        const text = await script(shell);
        const complete = (line: string): string =>
          execFileSync(shell, ['--no-config', '-c', `${text}\ncomplete -C '${line}'`], { encoding: 'utf8' });
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
