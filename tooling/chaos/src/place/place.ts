import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a run takes place; everything in it is gone with its file system. */
export interface Place {
  root: string;
  home: string;
  /** Where the workers put their temporary files. */
  temporary: string;
  /** `native/faults`, built. */
  faults: string;
}

const SCRIPT = new URL('./place.sh', import.meta.url).pathname;
const ENGINE_LIBRARY = new URL('../../../../platform/shim-linux-x64/engine-preload.so', import.meta.url).pathname;
const DIRECTORY = 'BOXLITE_CHAOS_PLACE';
const FAULTS = 'BOXLITE_CHAOS_FAULTS';

/** Bytes that disks, templates and images of a run stay far below, and that fill up in no time. */
const MIB = 512;

/** The place that this process is in; undefined outside of one. */
export const currentPlace = async (): Promise<Place | undefined> => {
  const { [DIRECTORY]: root, [FAULTS]: faults } = process.env;
  if (root === undefined || faults === undefined) return undefined;
  const place = { root, home: join(root, 'home'), temporary: join(root, 'tmp'), faults };
  await mkdir(place.temporary);
  return place;
};

/** Why there can be no such place here; undefined when there can. */
export const whyNoPlace = (): string | undefined => {
  const { status, stderr } = spawnSync('bash', [SCRIPT, '--probe'], { encoding: 'utf8' });
  return status === 0 ? undefined : `this host refuses namespaces: ${stderr.trim()}`;
};

/** Runs this program again inside a place, with more arguments. Returns its exit status. */
export const runInPlace = async (faults: string, more: readonly string[]): Promise<number> => {
  const root = await mkdtemp(join(tmpdir(), 'boxlite-chaos-'));
  try {
    const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1), ...more];
    const child = spawn('bash', [SCRIPT, root, String(MIB), faults, ENGINE_LIBRARY, ...command], {
      stdio: 'inherit',
      env: { ...process.env, [DIRECTORY]: root, [FAULTS]: faults },
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    return code ?? 1;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
};
