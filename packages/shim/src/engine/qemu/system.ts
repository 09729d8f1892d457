import { execFile } from 'node:child_process';
import { isAbsolute } from 'node:path';
import { BoxliteError } from '@boxlite/shared';
import type { EngineInfo } from '../engine.js';
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

/**
 * Takes the QEMU at `path` as the engine, and asks it for its version.
 * @throws BoxliteError UnsupportedEngine when it cannot be run, is no QEMU or is too old; Config when `path` is not absolute.
 */
export const locateSystem = async (path: string): Promise<EngineInfo> => {
  if (!isAbsolute(path))
    throw new BoxliteError('Config', `BOXLITE_QEMU is ${JSON.stringify(path)}, but must be an absolute path. ${ADVICE}`);
  const version = /^QEMU emulator version (\S{1,64})/.exec(await askVersion(path))?.[1];
  if (version === undefined)
    throw new BoxliteError('UnsupportedEngine', `BOXLITE_QEMU names ${path}, which is no QEMU system emulator. ${ADVICE}`, {
      reason: 'engine-version',
    });
  checkVersion(version, path, ADVICE);
  return { kind: 'system', version, path, program: path, programArgs: [], env: {} };
};
