import type { CopyOwner } from '@boxlite/agent';
import { BoxliteError } from '@boxlite/shared';

/** How far a copy has come. */
export interface CopyProgress {
  /** Files, directories, links and FIFOs. */
  readonly entries: number;
  /** Bytes of content; holes of sparse files do not count. */
  readonly bytes: number;
}

/** What a copy did. */
export interface CopyResult extends CopyProgress {
  /** Sockets, which are left out. */
  readonly skipped: number;
  /** Extended attributes that the target's file system does not take. */
  readonly lostXattrs: number;
}

export interface CopyOptions {
  /**
   * Keeps owners, and extended attributes that give rights (ACLs, file capabilities); out of a Box also setuid and setgid.
   * On the host that takes the right to give files away. Without it files belong to root in the Box, and on the host to who runs this program.
   * @defaultValue false
   */
  archive?: boolean | undefined;
  /** When the source is a symbolic link: copy what it leads to. Links within a tree are copied as links. @defaultValue false */
  followLink?: boolean | undefined;
  /** Called now and then. */
  onProgress?: ((progress: CopyProgress) => void) | undefined;
  /** Ends the copy, which then fails with an AbortError. */
  signal?: AbortSignal | undefined;
}

export interface CopyInOptions extends CopyOptions {
  /** Whom the files in the Box belong to; not together with `archive`. @defaultValue root */
  owner?: CopyOwner | undefined;
}

const ROOT: CopyOwner = { uid: 0, gid: 0 };
/** The kernel's word for no user. */
const NOBODY = 2 ** 32 - 1;

/** Undefined: as in the source. @throws BoxliteError `InvalidArgument`. */
export const ownerInBox = ({ archive = false, owner }: CopyInOptions): CopyOwner | undefined => {
  if (owner === undefined) return archive ? undefined : ROOT;
  if (archive)
    throw new BoxliteError(
      'InvalidArgument',
      'archive keeps the owners of the files, so there can be no other owner; leave out one of both',
    );
  for (const [what, id] of Object.entries({ uid: owner.uid, gid: owner.gid })) {
    if (!Number.isInteger(id) || id < 0 || id >= NOBODY)
      throw new BoxliteError('InvalidArgument', `the owner's ${what} is ${String(id)}; it must be a whole number from 0 to ${NOBODY - 1}`);
  }
  return { uid: owner.uid, gid: owner.gid };
};
