import type { NativeTreeCopied } from './native.js';

/** How far a copy of a tree has come. */
export interface TreeCopied {
  /** Files, directories, links and FIFOs. */
  entries: number;
  /** Bytes of content; holes do not count. */
  bytes: number;
  /** Sockets, which are not copied. */
  skipped: number;
  /** Extended attributes that the target's file system does not take. */
  lostXattrs: number;
}

export const NOTHING_COPIED: TreeCopied = { entries: 0, bytes: 0, skipped: 0, lostXattrs: 0 };

/** Plain data of our own. */
export const treeCopied = ({ entries, bytes, skipped, lostXattrs }: NativeTreeCopied): TreeCopied => ({
  entries,
  bytes,
  skipped,
  lostXattrs,
});
