export { buildRootfs, type BuildRootfsOptions, type Rootfs, type RootfsLayer } from './build-rootfs.js';
export { FileLock } from './file-lock.js';
export { formatDisk, type FormatDiskOptions } from './format-disk.js';
export { type KvmVerdict, probeKvm, type ProbeKvmOptions } from './probe-kvm.js';
export { processStartTime } from './process-start-time.js';
export { ProcessWatch } from './process-watch.js';
