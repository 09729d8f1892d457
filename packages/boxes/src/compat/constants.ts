/** The virtual CPUs of a Box that is given none. */
export const DEFAULT_CPUS = 1;
/** The memory in MiB of a Box that is given none. */
export const DEFAULT_MEMORY_MIB = 512;
