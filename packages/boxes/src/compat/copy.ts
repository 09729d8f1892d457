import { mkdir, stat } from 'node:fs/promises';
import { dirname, posix } from 'node:path';
import { BoxliteError, type LiteBox } from '@boxlite/core';

/** A file or tree of a Box, and where it goes on the host. */
export interface CopyOutPair {
  containerSrc: string;
  hostDst: string;
}

/** What came of a {@link CopyOutPair}. */
export interface CopyOutOutcome extends CopyOutPair {
  /** Why it was not copied; null when it was. */
  error: string | null;
}

/** How files are copied. */
export interface CopyOptions {
  /** Whether directories are. @defaultValue true */
  recursive?: boolean;
  /** Only true is supported: what exists is replaced. */
  overwrite?: boolean;
  /** When the source is a symbolic link: copy what it leads to. @defaultValue false */
  followSymlinks?: boolean;
  /** Of a directory: copy it, and not only what is in it. @defaultValue true */
  includeParent?: boolean;
}

const sourceOf = (
  path: string,
  isDirectory: boolean,
  { recursive = true, overwrite = true, includeParent = true }: CopyOptions,
): string => {
  if (!overwrite)
    throw new BoxliteError('Unsupported', 'overwrite: false is not supported; leave it out, and look first whether something is there');
  if (isDirectory && !recursive) {
    const message = `'${path}' is a directory, and recursive is false; copy its files, or set recursive`;
    throw new BoxliteError('InvalidArgument', message);
  }
  return isDirectory && !includeParent ? `${path}/.` : path;
};

const isDirectoryHere = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // The copy says what is wrong with it.
    return false;
  }
};

/** `/a/b` of `/a/b/`, which names a directory, `/a` of `/a/b`. */
const above = (path: string, { dirname }: { dirname: (path: string) => string }): string =>
  path.endsWith('/') ? path.slice(0, -1) : dirname(path);

/** By the rules of `docker cp`, but that directories above the target are made. */
export const copyIn = async (box: LiteBox, hostPath: string, boxPath: string, options: CopyOptions = {}): Promise<void> => {
  const source = sourceOf(hostPath, await isDirectoryHere(hostPath), options);
  const directory = above(boxPath, posix);
  if (directory !== '' && directory !== '/' && directory !== '.') await box.files.mkdir(directory, { parents: true });
  await box.copyIn(source, boxPath, { followLink: options.followSymlinks ?? false });
};

/** As {@link copyIn}, the other way. */
export const copyOut = async (box: LiteBox, boxPath: string, hostPath: string, options: CopyOptions = {}): Promise<void> => {
  const matters = options.recursive === false || options.includeParent === false;
  const isDirectory = matters && (await box.files.stat(boxPath)).type === 'directory';
  const source = sourceOf(boxPath, isDirectory, options);
  await mkdir(above(hostPath, { dirname }), { recursive: true });
  await box.copyOut(source, hostPath, { followLink: options.followSymlinks ?? false });
};

/** One after the other; one that fails does not keep the others. */
export const copyOutMany = async (box: LiteBox, pairs: readonly CopyOutPair[]): Promise<CopyOutOutcome[]> => {
  const outcomes: CopyOutOutcome[] = [];
  for (const { containerSrc, hostDst } of pairs) {
    const error = await copyOut(box, containerSrc, hostDst).then(
      () => null,
      (failed: unknown) => BoxliteError.from(failed).message,
    );
    outcomes.push({ containerSrc, hostDst, error });
  }
  return outcomes;
};
