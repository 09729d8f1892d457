import { AbortError, BoxliteError, throwIfAborted } from '@boxlite/shared';
import { type NativeRootfsBuild, native } from './native.js';
import { callNative, fromNative } from './native-error.js';

const DEFAULT_MAX_ENTRIES = 2_000_000;
const DEFAULT_MAX_BYTES = 64 * 1024 ** 3;
const COMPRESSIONS = ['none', 'gzip', 'zstd'] as const;

export interface RootfsLayer {
  /** A tar archive, as it lies in an OCI layout. */
  path: string;
  compression: (typeof COMPRESSIONS)[number];
}

export interface BuildRootfsOptions {
  /** Base first. */
  layers: readonly RootfsLayer[];
  /** Paths of directories that are made when the layers have none there. @defaultValue none */
  directories?: readonly string[];
  /** The image to make; replaced when it exists. */
  output: string;
  signal?: AbortSignal;
  /** Gets the bytes read of all layer files so far, compressed as they are; about once per MiB and at the end. */
  onProgress?: (bytesRead: number) => void;
  /** Most archive entries, and most files and directories made from them. @defaultValue 2000000 */
  maxEntries?: number;
  /** Most bytes of all layers, decompressed, and of the image. @defaultValue 64 GiB */
  maxBytes?: number;
}

export interface Rootfs {
  sizeBytes: number;
  /** Files, directories and all else in the image; a file with several names counts once. */
  entries: number;
}

/**
 * Turns OCI layers into one read-only EROFS image, off the main thread. Equal layers give equal images.
 *
 * The image is built beside `output`, made durable and renamed; a failure or an abort leaves nothing behind.
 *
 * @throws BoxliteError `Image` when a layer is damaged, breaks a rule or a limit (`reason`: `corrupt-layer`, `truncated-layer`, `limit-exceeded`,
 * `invalid-path`, `invalid-link`, `invalid-whiteout`, `invalid-device`, `symlink-loop`, `unsupported-entry`); `Storage` with an errno's name
 * (`ENOSPC`, …) when a file cannot be read or written; `InvalidArgument`.
 * @throws AbortError when `signal` fires, and what `onProgress` throws: either ends the build.
 */
export const buildRootfs = async (options: BuildRootfsOptions): Promise<Rootfs> => {
  const { layers, directories = [], output, signal, onProgress, maxEntries = DEFAULT_MAX_ENTRIES, maxBytes = DEFAULT_MAX_BYTES } = options;
  checkLayers(layers);
  if (output === '') throw new BoxliteError('InvalidArgument', 'the root image needs a path');
  checkLimit('maxEntries', maxEntries);
  checkLimit('maxBytes', maxBytes);
  throwIfAborted(signal);
  const request = {
    layers: layers.map(({ path, compression }) => ({ path, compression })),
    directories,
    output,
    maxEntries,
    maxBytes,
  };
  const { RootfsBuild } = native();
  let settled = false;
  let thrown: { error: unknown } | undefined;
  const build: NativeRootfsBuild = callNative(
    () =>
      new RootfsBuild(request, (bytesRead) => {
        if (settled || thrown !== undefined) return;
        try {
          onProgress?.(bytesRead);
        } catch (error) {
          thrown = { error };
          build.abort();
        }
      }),
  );
  const abort = () => {
    build.abort();
  };
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await build.run();
  } catch (error) {
    if (thrown !== undefined) throw thrown.error;
    const failure = fromNative(error);
    if (failure.reason === 'aborted') throw new AbortError(signal?.reason);
    throw failure;
  } finally {
    settled = true;
    signal?.removeEventListener('abort', abort);
  }
};

const checkLayers = (layers: readonly RootfsLayer[]): void => {
  const wrong = layers.find(({ compression }) => !COMPRESSIONS.includes(compression));
  if (wrong === undefined) return;
  throw new BoxliteError(
    'InvalidArgument',
    `the layer ${wrong.path} has the unknown compression '${wrong.compression}'; known are ${COMPRESSIONS.join(', ')}`,
  );
};

const checkLimit = (name: string, value: number): void => {
  if (Number.isSafeInteger(value) && value > 0) return;
  throw new BoxliteError('InvalidArgument', `${name} is ${value}; it must be a whole number above 0`);
};
