import { readFile } from 'node:fs/promises';
import { interpreterPath } from '../assets.js';

/** What a CodeBox can run. */
export type Language = 'python' | 'node';

/** A program that reads its own source from stdin, so that nothing of it has to be in the image, nor is in sight of the code. */
export interface KeeperProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly source: Buffer;
}

interface LanguageKind {
  /** What there is where no image is named. */
  readonly image: string;
  readonly command: string;
  readonly sources: readonly string[];
  readonly args: (lengths: readonly number[]) => string[];
}

const KINDS: Readonly<Record<Language, LanguageKind>> = {
  python: {
    image: 'python:slim',
    command: 'python3',
    sources: ['python/wire.py', 'python/interpreter.py', 'python/keeper.py'],
    args: (lengths) => {
      const length = String(sum(lengths));
      const read = `import os\nb=b''\nwhile len(b)<${length}:b+=os.read(0,${length}-len(b))`;
      return ['-c', `${read}\nexec(compile(b,'<boxlite>','exec'))`];
    },
  },
  node: {
    image: 'node:slim',
    command: 'node',
    sources: ['node/keeper.cjs', 'node/interpreter.cjs'],
    args: (lengths) => {
      const read = `const b = Buffer.alloc(${String(sum(lengths))});
for (let n = 0; n < b.length;) n += require('node:fs').readSync(0, b, n, b.length - n);`;
      const keeper = `b.subarray(0, ${String(lengths[0])})`;
      const program = `require('node:vm').runInThisContext('(require, SOURCE) => {' + ${keeper} + '\\n}', '[eval]')`;
      return ['-e', `${read}\n${program}(require, b.subarray(${String(lengths[0])}))`];
    },
  },
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Whether there is such a language. */
export const isLanguage = (value: unknown): value is Language => typeof value === 'string' && Object.hasOwn(KINDS, value);

/** The image of a CodeBox that names none. */
export const defaultImage = (language: Language): string => KINDS[language].image;

export const keeperProgram = async (language: Language): Promise<KeeperProgram> => {
  const { command, sources, args } = KINDS[language];
  const texts = await Promise.all(sources.map((name) => readFile(interpreterPath(name))));
  return { command, args: args(texts.map(({ length }) => length)), source: Buffer.concat(texts) };
};
