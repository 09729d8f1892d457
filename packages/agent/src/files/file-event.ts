import { FileEventType as Wire, type WatchFilesResponse } from '@boxlite/shared/protocol';

/** `attributes`: owner, permissions, times or number of names. `overflow`: events were lost; look for yourself. */
export type FileEventType = 'create' | 'change' | 'attributes' | 'remove' | 'overflow';

/** Something that happened to a file that is watched. One that was moved is removed in one place and created in another. */
export interface FileEvent {
  readonly type: FileEventType;
  /** Below the path that is watched; empty for that itself, and for `overflow`. */
  readonly path: string;
  /** The same as bytes, for names that are not UTF-8. */
  readonly pathBytes: Buffer;
}

const TYPES: Readonly<Partial<Record<Wire, FileEventType>>> = {
  [Wire.FILE_EVENT_TYPE_CREATED]: 'create',
  [Wire.FILE_EVENT_TYPE_CHANGED]: 'change',
  [Wire.FILE_EVENT_TYPE_ATTRIBUTES]: 'attributes',
  [Wire.FILE_EVENT_TYPE_REMOVED]: 'remove',
  [Wire.FILE_EVENT_TYPE_OVERFLOW]: 'overflow',
};

/** More than a path has (limits.h), since directories below may have been moved there. */
const MAX_PATH_BYTES = 128 * 1024;

/** Reads what the guest says of one event; undefined when it cannot be, so that no caller meets a path such as `../x`. */
export const readFileEvent = ({ type, path }: WatchFilesResponse['events'][number]): FileEvent | undefined => {
  const known = TYPES[type];
  if (!known || path.length > MAX_PATH_BYTES) return undefined;
  const text = path.toString('latin1');
  const parts = text === '' ? [] : text.split('/');
  if (text.includes('\0') || parts.some((part) => part === '' || part === '.' || part === '..')) return undefined;
  return { type: known, path: path.toString(), pathBytes: path };
};
