import { run } from '../command.js';

/** What the kernel's build calls → the Debian package that has it. */
const PROGRAMS: Readonly<Record<string, string>> = {
  make: 'make',
  gcc: 'gcc',
  ld: 'binutils',
  flex: 'flex',
  bison: 'bison',
  bc: 'bc',
  perl: 'perl',
  tar: 'tar',
  xz: 'xz-utils',
};

/** objtool, which patches static branches into the kernel's code, is built on this header's library. */
const HEADERS: Readonly<Record<string, string>> = { 'gelf.h': 'libelf-dev' };

const works = (command: string, args: readonly string[], input?: string): Promise<boolean> =>
  run(command, args, input === undefined ? {} : { input }).then(
    () => true,
    () => false,
  );

/** Tells the first line of what `gcc --version` says. @throws Error that names the packages to install, when something is missing. */
export const checkToolchain = async (): Promise<string> => {
  const missing = new Set<string>();
  await Promise.all([
    ...Object.entries(PROGRAMS).map(async ([program, name]) => {
      if (!(await works('sh', ['-c', 'command -v "$1"', 'sh', program]))) missing.add(name);
    }),
    ...Object.entries(HEADERS).map(async ([header, name]) => {
      if (!(await works('gcc', ['-E', '-', '-o', '/dev/null'], `#include <${header}>\n`))) missing.add(name);
    }),
  ]);
  if (missing.size > 0) {
    throw new Error(
      `building the kernel needs packages that are not installed; as root: apt-get install --no-install-recommends ${[...missing].sort().join(' ')}`,
    );
  }
  return (await run('gcc', ['--version'])).split('\n', 1)[0] ?? '';
};
