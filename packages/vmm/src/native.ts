import { createRequire } from 'node:module';
import { join } from 'node:path';
import { BoxliteError, platformPackage } from '@boxlite/shared';

/** What `native/vmm/src/bindings` exports. Plain data only; a double stands for a count or a size. */
export interface NativeModule {
  interfaceVersion(): number;
  probeKvm(timeoutMs: number): Promise<{ usable: boolean; reason: string }>;
  formatDisk(path: string, sizeMib: number): Promise<void>;
  peerUser(socket: number): number | null;
  processStartTime(pid: number): bigint | null;
  watchProcess(pid: number, startTime: bigint, reap: boolean, onExit: (exit: NativeExit | null) => void): NativeProcessWatch | null;
  FileLock: { acquire(path: string): NativeFileLock };
  RootfsBuild: new (request: NativeRootfsRequest, onProgress: (bytesRead: number) => void) => NativeRootfsBuild;
  Cancellation: new () => NativeCancellation;
  DevicesPipe: { create(path: string): NativeDevicesPipe };
  captureMemory(pid: number, ram: string): Promise<NativeMemoryChanges>;
  readMemory(path: string, ramBytes: number): Promise<NativeMemoryChanges>;
  copySparse(request: NativeCopyRequest, cancellation: NativeCancellation): Promise<{ reflink: boolean; dataBytes: number }>;
  canReflink(directory: string): Promise<boolean>;
  checksumFile(path: string, cancellation: NativeCancellation): Promise<string>;
  dataBlocks(path: string, blockBytes: number, cancellation: NativeCancellation): Promise<{ blocks: Uint32Array; dataBytes: number }>;
  TreeSource: new () => NativeTreeSource;
  TreeSink: new (path: Buffer, archive: boolean) => NativeTreeSink;
  createOverlay(path: string, sizeBytes: number, sync: boolean): Promise<void>;
  inspectLayer(layer: NativeDiskLayer): Promise<number>;
  flattenDisk(
    request: NativeFlattenRequest,
    cancellation: NativeCancellation,
    onProgress: (progress: { doneBytes: number; totalBytes: number }) => void,
  ): Promise<{ sizeBytes: number }>;
}

export interface NativeFileLock {
  release(): void;
}

/** How a child ended; one is there. */
export interface NativeExit {
  code?: number;
  signal?: number;
}

export interface NativeProcessWatch {
  kill(signal: number): boolean;
  close(): void;
}

export interface NativeRootfsRequest {
  layers: { path: string; compression: string }[];
  directories: readonly string[];
  output: string;
  maxEntries: number;
  maxBytes: number;
}

export interface NativeRootfsBuild {
  run(): Promise<{ sizeBytes: number; entries: number }>;
  abort(): void;
}

/** Ends the work it was given to, which then rejects with the reason `aborted`. */
export interface NativeCancellation {
  cancel(): void;
}

export interface NativeMemoryChanges {
  readonly pages: number;
  apply(pid: number, ram: string): Promise<void>;
  write(path: string): Promise<{ sizeBytes: number }>;
  materialise(base: string, output: string, sync: boolean, cancellation: NativeCancellation): Promise<{ sizeBytes: number }>;
  release(): void;
}

export interface NativeTreeCopied {
  entries: number;
  bytes: number;
  skipped: number;
  lostXattrs: number;
}

export interface NativeTreeSource {
  open(path: Buffer, follow: boolean, archive: boolean): Promise<void>;
  read(): Promise<{ messages: Buffer[]; copied: NativeTreeCopied }>;
  close(): Promise<void>;
}

export interface NativeTreeSink {
  write(messages: Buffer[]): Promise<{ ended: boolean; copied: NativeTreeCopied }>;
  close(): Promise<void>;
}

export interface NativeDevicesPipe {
  capture(pid: number, ram: string, output: string): Promise<NativeMemoryChanges>;
  cancel(): void;
  release(): void;
}

export interface NativeCopyRequest {
  from: string;
  to: string;
  maxDataBytes: number;
  sync: boolean;
}

export interface NativeDiskLayer {
  path: string;
  format: string;
}

export interface NativeFlattenRequest {
  layers: NativeDiskLayer[];
  output: string;
  sync: boolean;
}

/** The same number stands in `native/vmm/src/bindings/host.rs`. */
const INTERFACE_VERSION = 6;

/** The platforms that a module is built for, and the package that brings it. */
const PACKAGES: Partial<Record<string, string>> = { 'linux-x64': '@boxlite/vmm-linux-x64-gnu' };

let loaded: NativeModule | undefined;

/**
 * The native module, loaded at its first use.
 *
 * @throws BoxliteError `Unsupported` (`platform`) on a platform that has none, or without its package; `Internal` (`native-module`) when it is missing, damaged or of another version.
 */
export const native = (): NativeModule => {
  loaded ??= load(moduleFile());
  return loaded;
};

const moduleFile = (): string | undefined => {
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  return name === undefined ? undefined : join(platformPackage(name, import.meta.url), 'boxlite-vmm.node');
};

/** Loads a native module and checks that it is the one this package was written for. */
export const load = (file: string | undefined): NativeModule => {
  if (file === undefined) {
    throw new BoxliteError(
      'Unsupported',
      `BoxLite has no native module for ${process.platform} on ${process.arch}; it runs on Linux on x64`,
      {
        reason: 'platform',
      },
    );
  }
  let module: Partial<NativeModule>;
  try {
    module = createRequire(import.meta.url)(file) as Partial<NativeModule>;
  } catch (error) {
    const why = error instanceof Error ? firstLine(error.message) : String(error);
    throw unusable(`cannot be loaded (${why})`, error);
  }
  const version = module.interfaceVersion?.();
  if (version !== INTERFACE_VERSION) throw unusable(`has interface version ${version ?? 'none'} instead of ${INTERFACE_VERSION}`);
  return module as NativeModule;
};

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? text;

const unusable = (what: string, cause?: unknown): BoxliteError =>
  new BoxliteError(
    'Internal',
    `the native module of @boxlite/vmm ${what}; reinstall the package, or run 'pnpm build:native' in a checkout`,
    {
      reason: 'native-module',
      cause,
    },
  );
