import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { BoxliteError } from '../errors/boxlite-error.js';

/** Each start of a VM asks; the answer takes some looks at the file system. */
const found = new Map<string, string>();

/**
 * The directory of a package that holds binaries of one platform, such as `@boxlite/engine-linux-x64`.
 * Package managers install those of this platform only: they are optional dependencies with `os` and `cpu`.
 *
 * @param name - the package's name
 * @param from - `import.meta.url` of the package that depends on it
 * @throws BoxliteError `Unsupported` (`platform`) when it is not installed.
 */
export const platformPackage = (name: string, from: string): string => {
  const known = found.get(name);
  if (known !== undefined) return known;
  try {
    const directory = dirname(createRequire(from).resolve(`${name}/package.json`));
    found.set(name, directory);
    return directory;
  } catch (cause) {
    throw new BoxliteError(
      'Unsupported',
      `the package ${name} is not installed. BoxLite runs on Linux on x64, this is ${process.platform} on ${process.arch}; ` +
        'there, install BoxLite anew, and let the package manager install optional dependencies',
      { reason: 'platform', cause },
    );
  }
};
