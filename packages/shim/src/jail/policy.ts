import type { VmSpec } from '../launch/vm-spec.js';

/** What is asked of a layer: `offered`, that it is in force where the host offers it. */
export type Wish = 'off' | 'offered' | 'required';

/** What is asked of the layers of a VM's jail. */
export interface LayerWishes {
  /** User, mount, pid, IPC, UTS, cgroup and network namespaces, and a root directory of its own. @defaultValue offered */
  namespaces?: Wish | undefined;
  /** Which files it may read and write, whatever their modes allow; no network. @defaultValue offered */
  landlock?: Wish | undefined;
  /** No capabilities and no way to new ones; every host offers it. @defaultValue offered */
  privileges?: Wish | undefined;
  /** Only the system calls that it needs. @defaultValue offered */
  seccomp?: Wish | undefined;
  /** Limits of memory, tasks and processor time, where the host's cgroups are the owner's to divide. @defaultValue offered */
  cgroup?: 'off' | 'offered' | undefined;
}

/** The lists of system calls, by accelerator; `native/shim/src/seccomp/calls.rs`. */
export type Syscalls = 'tcg' | 'kvm';

/** What of the host the engine may use. `boxlite-shim` puts it in force before the engine runs. */
export interface JailPolicy {
  jail: {
    namespaces: Wish;
    landlock: Wish;
    privileges: Wish;
    seccomp: Wish;
    syscalls: Syscalls | null;
  };
  limits: {
    /** Bytes of a core dump; null: any. {@link NO_CORE}, as guest memory must not land on the host's disk. */
    core: number | null;
    openFiles: number | null;
    /** Bytes of the largest file that may be written; null: any, as a guest may do with a directory of the host what its owner may. */
    fileBytes: number | null;
  };
  /** Added badness when the host runs out of memory (proc(5), oom_score_adj): a Box goes before its owner. */
  oomScoreAdj: number;
}

const MIB = 1024 * 1024;
/** Room for the console's log where the disks are small. */
const SMALLEST_FILE_LIMIT = 64 * MIB;
/** Less than any dump. With 0 the kernel would still hand one to a program that core_pattern names; this value forbids that, too (core(5)). */
const NO_CORE = 1;
const OPEN_FILES = 1024;
const OOM_SCORE_ADJ = 500;

/** What a file takes that holds a disk's content, beyond the content: the tables of a copy-on-write layer, at most 1/1024 and a little. */
const layerBytes = (sizeBytes: number): number => sizeBytes + Math.ceil(sizeBytes / 1024) + MIB;

/**
 * The policy for a machine. The file size limit lets the engine write its largest disk, and no file larger than that:
 * what a guest prints on its console is bounded by it, unless it can fill a directory of the host anyway.
 */
export const jailPolicy = ({ accelerator, disks, share, jail }: Pick<VmSpec, 'accelerator' | 'disks' | 'share' | 'jail'>): JailPolicy => {
  const sizes = disks.filter((disk) => !disk.readOnly).map((disk) => layerBytes(disk.sizeBytes));
  const writes = share?.mounts.some(({ readOnly }) => !readOnly) ?? false;
  return {
    jail: {
      namespaces: jail?.namespaces ?? 'offered',
      landlock: jail?.landlock ?? 'offered',
      privileges: jail?.privileges ?? 'offered',
      seccomp: jail?.seccomp ?? 'offered',
      syscalls: accelerator === 'hvf' ? null : accelerator,
    },
    limits: { core: NO_CORE, openFiles: OPEN_FILES, fileBytes: writes ? null : Math.max(SMALLEST_FILE_LIMIT, ...sizes) },
    oomScoreAdj: OOM_SCORE_ADJ,
  };
};
