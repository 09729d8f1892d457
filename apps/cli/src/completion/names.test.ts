import { execFileSync } from 'node:child_process';
import { completionScript, hasShell } from '../testing/shells.js';

const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(' ');

/** How each shell is asked what it offers for the last word of a line. A function stands for the command: it says what it was asked. */
const SHELLS: Readonly<Record<string, (text: string, words: readonly string[]) => string[]>> = {
  bash: (text, words) => {
    const call = `COMP_WORDS=(${quoted(words)}); COMP_CWORD=${String(words.length - 1)}; _boxlite; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return ['bash', '--norc', '-c', `${text}\nboxlite() { echo "asked($*)" | tr ' ' _; }\n${call}`];
  },
  zsh: (text, words) => {
    const stubs = 'compdef() { :; }; _files() { :; }; _describe() { :; }; compadd() { print -l -- "$@" }';
    const call = `words=(${quoted(words)}); CURRENT=${String(words.length)}; _boxlite`;
    return ['zsh', '-f', '-c', `${stubs}\n${text}\nboxlite() { echo "asked($*)" | tr ' ' _ }\n${call}`];
  },
  fish: (text, words) => {
    const call = `complete -C '${words.join(' ')}'`;
    return ['fish', '--no-config', '-c', `${text}\nfunction boxlite; echo "asked("(string join _ -- $argv)")"; end\n${call}`];
  },
};

describe.each(Object.entries(SHELLS))('completion of %s', (shell, command) => {
  if (!hasShell(shell)) {
    it.skip(`asks for names: ${shell} is not installed`, () => undefined);
    return;
  }

  const asked = async (line: string): Promise<string[]> => {
    const [program = '', ...args] = command(await completionScript(shell), line.split(' '));
    return [...execFileSync(program, args, { encoding: 'utf8' }).matchAll(/asked\((.*)\)/g)].map(([, words = '']) => words);
  };

  it('asks for the names of what a command takes, at each place', async () => {
    expect(await asked('boxlite stop ')).toEqual(['--quiet___names_boxes']);
    expect(await asked('boxlite stop --time 3 one ')).toEqual([expect.stringMatching(/^--quiet___names_boxes/)]);
    expect(await asked('boxlite exec -it ')).toEqual(['--quiet___names_boxes']);
    expect(await asked('boxlite exec -it one ')).toEqual([]);
    expect(await asked('boxlite rmi ')).toEqual(['--quiet___names_images']);
    expect(await asked('boxlite run --rm ')).toEqual(['--quiet___names_images']);
    expect(await asked('boxlite run --rm debian ')).toEqual([]);
    expect(await asked('boxlite inspect ')).toEqual(['--quiet___names_boxes-and-images']);
    expect(await asked('boxlite volume rm ')).toEqual(['--quiet___names_volumes']);
    expect(await asked('boxlite snapshot restore web ')).toEqual(['--quiet___names_snapshots_web']);
  });

  it('asks in the home that the line names, and not for the values of options', async () => {
    expect(await asked('boxlite --home /of/mine start ')).toEqual(['--quiet_--home_/of/mine___names_boxes']);
    expect(await asked('boxlite start --home ')).toEqual([]);
    expect(await asked('boxlite ps ')).toEqual([]);
  });
});

it('bash completes names with colons, which it takes for words', async () => {
  const line = 'COMP_WORDS=(boxlite rmi debian : 1); COMP_CWORD=4; _boxlite; printf \'%s\\n\' "${COMPREPLY[@]}"';
  const names = 'boxlite() { printf "debian:11\\ndebian:12\\nlocalhost:5000/app:1.0\\n"; }';
  const offered = execFileSync('bash', ['--norc', '-c', `${await completionScript('bash')}\n${names}\n${line}`], { encoding: 'utf8' });
  expect(offered).toBe('11\n12\n');
});
