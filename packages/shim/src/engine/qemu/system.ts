import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { BoxliteError } from '@boxlite/shared';
import type { EngineInfo } from '../engine.js';
import { probePreload } from './probe-preload.js';
import { checkVersion } from './version.js';

const ADVICE = 'Let BOXLITE_QEMU name another one, or unset it to use the engine that comes with BoxLite.';
const TIMEOUT_MS = 10_000;
const MAX_OUTPUT_BYTES = 64 * 1024;

const askVersion = (path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(path, ['--version'], { timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES, killSignal: 'SIGKILL' }, (error, stdout) => {
      if (error === null) resolve(stdout);
      else
        reject(
          new BoxliteError('UnsupportedEngine', `BOXLITE_QEMU names ${path}, which cannot be run: ${error.message.trim()}. ${ADVICE}`, {
            reason: 'engine-missing',
            cause: error,
          }),
        );
    });
  });

/** Where a program of the system, its libraries and its firmware are. */
const systemPaths = (path: string): string[] =>
  [...new Set(['/usr', '/lib', '/lib64', '/bin', '/etc/ld.so.cache', dirname(path)])].filter((place) => existsSync(place));

/**
 * Takes the QEMU at `path` as the engine, asks it for its version, and tries whether the library `preload` can be loaded into it; it warns
 * of it when not.
 * @throws BoxliteError UnsupportedEngine when it cannot be run, is no QEMU or is too old; Config when `path` is not absolute.
 */
export const locateSystem = async (path: string, preload: string): Promise<EngineInfo> => {
  if (!isAbsolute(path))
    throw new BoxliteError('Config', `BOXLITE_QEMU is ${JSON.stringify(path)}, but must be an absolute path. ${ADVICE}`);
  const version = /^QEMU emulator version (\S{1,64})/.exec(await askVersion(path))?.[1];
  if (version === undefined)
    throw new BoxliteError('UnsupportedEngine', `BOXLITE_QEMU names ${path}, which is no QEMU system emulator. ${ADVICE}`, {
      reason: 'engine-version',
    });
  checkVersion(version, path, ADVICE);
  const usable = await probePreload(path, preload);
  if (!usable)
    process.emitWarning(
      `BOXLITE_QEMU names ${path}, into which ${preload} cannot be loaded: memory that guests free does not go back to the host.`,
      { code: 'BOXLITE_QEMU' },
    );
  return {
    kind: 'system',
    version,
    path,
    program: path,
    programArgs: [],
    env: {},
    preload: usable ? preload : null,
    readable: systemPaths(path),
  };
};
