import { constants } from 'node:fs';
import { access, open } from 'node:fs/promises';
import { join } from 'node:path';
import { BoxliteError } from '@boxlite/shared';
import type { EngineInfo } from '../engine.js';
import { checkVersion } from './version.js';

const ADVICE = 'In a checkout run ./dev setup; otherwise install BoxLite again. Or let BOXLITE_QEMU name a QEMU of 7.2 or newer.';
const FORMAT = 1;
const MAX_MANIFEST_BYTES = 64 * 1024;

const LAYOUT = {
  loader: 'lib/ld-linux-x86-64.so.2',
  program: 'bin/qemu-system-x86_64',
  libraries: 'lib',
  modules: 'lib/qemu',
  data: 'share/qemu',
  firmware: 'share/qemu/qboot.rom',
};

const unusable = (detail: string, reason: string, cause?: unknown): BoxliteError =>
  new BoxliteError('UnsupportedEngine', `the engine bundle ${detail}. ${ADVICE}`, { reason, cause });

/** Reads at most {@link MAX_MANIFEST_BYTES}; the bundle comes from a package, but may be anything by now. */
const readManifest = async (path: string): Promise<unknown> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: unknown) => {
    throw unusable(`is missing (${path})`, 'engine-missing', error);
  });
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_MANIFEST_BYTES + 1), 0, MAX_MANIFEST_BYTES + 1, 0);
    if (bytesRead > MAX_MANIFEST_BYTES)
      throw unusable(`has a manifest of more than ${String(MAX_MANIFEST_BYTES)} bytes (${path})`, 'engine-damaged');
    return JSON.parse(buffer.toString('utf8', 0, bytesRead));
  } catch (error) {
    if (error instanceof BoxliteError) throw error;
    throw unusable(`has a manifest that cannot be read (${path})`, 'engine-damaged', error);
  } finally {
    await file.close();
  }
};

/**
 * Finds the engine bundle in `directory` and checks that it fits this release and this host. `preload` is the library to load into it.
 * @throws BoxliteError UnsupportedEngine, saying how to get one that fits.
 */
export const locateBundle = async (directory: string, preload: string): Promise<EngineInfo> => {
  const manifest = await readManifest(join(directory, 'manifest.json'));
  const field = (name: string): unknown =>
    typeof manifest === 'object' && manifest !== null ? (manifest as Record<string, unknown>)[name] : undefined;

  const target = `${process.platform}-${process.arch}`;
  for (const [name, wanted] of [
    ['bundle', FORMAT],
    ['engine', 'qemu'],
    ['target', target],
  ] as const) {
    if (field(name) !== wanted) {
      const found = JSON.stringify(field(name) ?? null).slice(0, 64);
      throw unusable(
        `in ${directory} is another one than this release needs: its ${name} is ${found}, not ${JSON.stringify(wanted)}`,
        'engine-version',
      );
    }
  }
  const version = field('version');
  if (typeof version !== 'string') throw unusable(`in ${directory} names no version`, 'engine-damaged');
  checkVersion(version.slice(0, 64), 'the engine bundle', ADVICE);

  const at = (name: keyof typeof LAYOUT): string => join(directory, LAYOUT[name]);
  for (const [path, mode] of [
    [at('loader'), constants.X_OK],
    [at('program'), constants.R_OK],
    [at('firmware'), constants.R_OK],
    [preload, constants.R_OK],
  ] as const) {
    await access(path, mode).catch((error: unknown) => {
      throw unusable(`is incomplete: ${path} cannot be used`, 'engine-damaged', error);
    });
  }
  return {
    kind: 'bundle',
    version,
    path: at('program'),
    program: at('loader'),
    programArgs: ['--library-path', at('libraries'), at('program'), '-L', at('data')],
    env: { QEMU_MODULE_DIR: at('modules') },
    preload,
    readable: [directory],
  };
};
