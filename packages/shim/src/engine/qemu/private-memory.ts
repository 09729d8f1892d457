import type { EngineInfo, MachineSpec } from '../engine.js';

/**
 * The library `native/engine-preload` is loaded into each QEMU that lets it. It names the system call that the jail forbids, and gives QEMU a
 * guest's RAM that many VMs map by a descriptor that cannot write, and keeps it from punching holes into the file when the guest reports free
 * pages. Without the library there is no such path as QEMU is told to open, so it does not start. docs/decisions/0014-memory-goes-back.md tells
 * more.
 */
const MEMORY_FD = 14;

const MEMORY_PATH = `/dev/null/fd/${String(MEMORY_FD)}`;

/** Not by its own path: the loader splits that at spaces and colons. */
const LIBRARY = 'preload.so';
const LIBRARY_PATH = `./${LIBRARY}`;

interface Preloading {
  /** Arguments of the program that loads QEMU. */
  programArgs: readonly string[];
  env: Readonly<Record<string, string>>;
  inputs: readonly { path: string; fd: number }[];
  named: readonly { name: string; source: string }[];
  /** What QEMU is told to open as the guest's RAM; undefined where the memory is nobody else's. */
  memoryPath: string | undefined;
}

/** Undefined where the library cannot be loaded. */
export const preloading = ({ memory }: Pick<MachineSpec, 'memory'>, { kind, preload }: EngineInfo): Preloading | undefined => {
  if (preload === null) return undefined;
  const isPrivate = memory.kind === 'file' && !memory.shared;
  return {
    programArgs: kind === 'bundle' ? ['--preload', LIBRARY_PATH] : [],
    env: kind === 'bundle' ? {} : { LD_PRELOAD: LIBRARY_PATH },
    inputs: isPrivate ? [{ path: memory.path, fd: MEMORY_FD }] : [],
    named: [{ name: LIBRARY, source: preload }],
    memoryPath: isPrivate ? MEMORY_PATH : undefined,
  };
};
