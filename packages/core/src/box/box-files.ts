import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage, isBoxliteErrorCode, type BoxLayout, type HomeLayout } from '@boxlite/shared';
import type { BoxConfig } from '../options/box-config.js';
import { writeFileAtomic } from '../state/atomic-file.js';
import { readBounded } from '../state/files.js';
import { onDisk, storageError } from '../state/storage-error.js';
import { type BoxState, initialState } from './box-state.js';
import { isBoxStatus } from './box-status.js';

const ID = /^[0-9a-f]{12}$/;
const REMOVING = '.removing-';
const MAX_BYTES = 8 << 20;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const parse = async (path: string): Promise<Record<string, unknown>> => {
  const content = await readBounded(path, MAX_BYTES);
  if (content === undefined) throw new Error(`${path} is missing, no file, or larger than ${String(MAX_BYTES)} bytes`);
  const value: unknown = JSON.parse(content.toString('utf8'));
  if (!isObject(value)) throw new Error(`${path} does not hold a JSON object`);
  if (value['version'] !== 1) throw new Error(`${path} has version ${JSON.stringify(value['version'])}; this BoxLite reads version 1`);
  return value;
};

const checkConfig = (value: Record<string, unknown>, id: string): BoxConfig => {
  const numbers = ['cpus', 'memoryMib', 'diskSizeMib'];
  const objects = ['source', 'labels', 'env'];
  const wrong =
    value['id'] !== id
      ? 'id'
      : (numbers.find((name) => !Number.isInteger(value[name])) ??
        objects.find((name) => !isObject(value[name])) ??
        ['createdAt', 'hostname'].find((name) => typeof value[name] !== 'string') ??
        ['name', 'workingDir', 'user'].find((name) => value[name] !== null && typeof value[name] !== 'string') ??
        ['detach', 'autoRemove'].find((name) => typeof value[name] !== 'boolean') ??
        (Array.isArray(value['capabilities']) ? undefined : 'capabilities'));
  if (wrong !== undefined) throw new Error(`'${wrong}' is missing or of a wrong kind`);
  const { kind, reference, path } = value['source'] as Record<string, unknown>;
  const text = kind === 'image' ? reference : kind === 'ociLayout' || kind === 'archive' ? path : undefined;
  if (typeof text !== 'string') throw new Error("'source' is of a wrong kind");
  return value as unknown as BoxConfig;
};

const checkState = (value: Record<string, unknown>): BoxState => {
  const { status, vm, error } = value;
  if (!isBoxStatus(status)) throw new Error(`'status' is ${JSON.stringify(status)}`);
  if (
    vm !== null &&
    !(isObject(vm) && Number.isInteger(vm['pid']) && typeof vm['startTime'] === 'string' && typeof vm['directory'] === 'string')
  )
    throw new Error("'vm' is of a wrong kind");
  if (error !== null && !(isObject(error) && isBoxliteErrorCode(error['code']))) throw new Error("'error' is of a wrong kind");
  return value as unknown as BoxState;
};

/** Makes a Box's directory with its configuration. The directory appears whole or not at all. */
export const createBoxFiles = async (home: HomeLayout, config: BoxConfig): Promise<void> => {
  const final = home.box(config.id);
  const building = `${REMOVING}${config.id}`;
  const temporary = home.box(building);
  try {
    await mkdir(join(temporary.root, 'rootfs'), { recursive: true, mode: 0o700 });
    await writeFileAtomic(temporary.config, `${JSON.stringify(config, null, 2)}\n`);
    await writeFileAtomic(temporary.state, `${JSON.stringify(initialState(), null, 2)}\n`);
    await rename(temporary.root, final.root);
  } catch (error) {
    await rm(temporary.root, { recursive: true, force: true });
    throw storageError(error, `making the directory of a new Box in ${home.boxes}`);
  }
};

export const writeBoxState = async (layout: BoxLayout, state: BoxState): Promise<void> => {
  await onDisk(`writing ${layout.state}`, () => writeFileAtomic(layout.state, `${JSON.stringify(state, null, 2)}\n`));
};

/** Removes a Box's directory; a crash midway leaves what {@link readAllBoxes} finishes. */
export const removeBoxFiles = async (home: HomeLayout, id: string): Promise<void> => {
  const removing = join(home.boxes, `${REMOVING}${id}`);
  await onDisk(`removing the directory of Box ${id}`, async () => {
    await rename(home.box(id).root, removing);
    await rm(removing, { recursive: true, force: true });
  });
};

export interface FoundBox {
  config: BoxConfig;
  state: BoxState;
}

/** Reads every Box of a home. A Box whose files cannot be read costs that Box only: `onCorrupt` is told, and its files stay. */
export const readAllBoxes = async (home: HomeLayout, onCorrupt: (id: string, problem: string) => void): Promise<FoundBox[]> => {
  const found: FoundBox[] = [];
  for (const name of await readdir(home.boxes)) {
    if (name.startsWith(REMOVING)) {
      await rm(join(home.boxes, name), { recursive: true, force: true });
      continue;
    }
    if (!ID.test(name)) continue;
    const layout = home.box(name);
    try {
      found.push({ config: checkConfig(await parse(layout.config), name), state: checkState(await parse(layout.state)) });
    } catch (error) {
      onCorrupt(name, errorMessage(error));
    }
  }
  return found;
};
