import { createRequire } from 'node:module';
import { BoxliteError } from '@boxlite/shared';

/** What `native/vmm/src/bindings` exports. Plain data only; a double stands for a count or a size. */
export interface NativeModule {
  interfaceVersion(): number;
  probeKvm(timeoutMs: number): Promise<{ usable: boolean; reason: string }>;
  formatDisk(path: string, sizeMib: number): Promise<void>;
  processStartTime(pid: number): bigint | null;
  watchProcess(pid: number, startTime: bigint, onExit: () => void): NativeProcessWatch | null;
  FileLock: { acquire(path: string): NativeFileLock };
  RootfsBuild: new (request: NativeRootfsRequest, onProgress: (bytesRead: number) => void) => NativeRootfsBuild;
}

export interface NativeFileLock {
  release(): void;
}

export interface NativeProcessWatch {
  kill(signal: number): boolean;
  close(): void;
}

export interface NativeRootfsRequest {
  layers: { path: string; compression: string }[];
  output: string;
  maxEntries: number;
  maxBytes: number;
}

export interface NativeRootfsBuild {
  run(): Promise<{ sizeBytes: number; entries: number }>;
  abort(): void;
}

/** The same number stands in `native/vmm/src/bindings/host.rs`. */
const INTERFACE_VERSION = 1;

/** The platforms that a module can be built for, and its file. This source file stays in `src/`, so that the path holds from `dist/` too. */
const MODULES: Partial<Record<string, string>> = { 'linux-x64': '../boxlite-vmm.linux-x64-gnu.node' };

let loaded: NativeModule | undefined;

/**
 * The native module, loaded at its first use.
 *
 * @throws BoxliteError `Unsupported` on a platform that has none; `Internal` (`native-module`) when it is missing, damaged or of another version.
 */
export const native = (): NativeModule => {
  loaded ??= load(MODULES[`${process.platform}-${process.arch}`]);
  return loaded;
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
