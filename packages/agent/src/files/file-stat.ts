import { type FileInfo, FileType } from '@boxlite/shared/protocol';
import { boundedNumber } from '../bounded-number.js';

export type BoxFileType = 'file' | 'directory' | 'symlink' | 'character-device' | 'block-device' | 'fifo' | 'socket';

/** What a file in a Box is. */
export interface FileStat {
  /** The last part of the path; never holds a slash. */
  readonly name: string;
  /** The same as bytes, for names that are not UTF-8. */
  readonly nameBytes: Buffer;
  readonly type: BoxFileType;
  /** Permission bits, setuid, setgid and sticky included. */
  readonly mode: number;
  readonly size: number;
  readonly uid: number;
  readonly gid: number;
  readonly modified: Date;
  /** Where a symbolic link points; not checked, and not to be followed on the host. */
  readonly linkTarget: string | undefined;
}

const TYPES: Readonly<Partial<Record<FileType, BoxFileType>>> = {
  [FileType.FILE_TYPE_REGULAR]: 'file',
  [FileType.FILE_TYPE_DIRECTORY]: 'directory',
  [FileType.FILE_TYPE_SYMLINK]: 'symlink',
  [FileType.FILE_TYPE_CHARACTER_DEVICE]: 'character-device',
  [FileType.FILE_TYPE_BLOCK_DEVICE]: 'block-device',
  [FileType.FILE_TYPE_FIFO]: 'fifo',
  [FileType.FILE_TYPE_SOCKET]: 'socket',
};

/** Linux takes no longer names and paths (limits.h). */
const MAX_NAME_BYTES = 255;
const MAX_PATH_BYTES = 4096;

const MAX_DATE_MS = 8.64e15;

/** Reads what the guest says of a file; undefined when no file can be like that, so that no caller meets a name such as `../x`. */
export const readFileStat = (info: FileInfo): FileStat | undefined => {
  const type = TYPES[info.type];
  if (!type || !isName(info.name) || info.linkTarget.length > MAX_PATH_BYTES || info.mode > 0o7777) return undefined;
  const modifiedMs = Number(info.mtimeUnixNanos / 1_000_000n);
  return {
    name: info.name.toString(),
    nameBytes: info.name,
    type,
    mode: info.mode,
    size: boundedNumber(info.size),
    uid: info.uid,
    gid: info.gid,
    modified: new Date(Math.max(-MAX_DATE_MS, Math.min(modifiedMs, MAX_DATE_MS))),
    linkTarget: type === 'symlink' ? info.linkTarget.toString() : undefined,
  };
};

/** The root directory is the one file whose name is a slash. */
const isName = (name: Buffer): boolean => {
  const text = name.toString('latin1');
  if (text === '/') return true;
  return name.length > 0 && name.length <= MAX_NAME_BYTES && !/[/\0]/.test(text) && text !== '.' && text !== '..';
};
