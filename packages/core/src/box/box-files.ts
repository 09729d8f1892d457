import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage, isBoxliteErrorCode, type BoxLayout, type HomeLayout } from '@boxlite/shared';
import { parseJailReport } from '@boxlite/shim';
import { isDiskChain } from '../disks/disk-chain.js';
import { isStartOrigin } from '../machine/start-origin.js';
import type { BoxConfig } from '../options/box-config.js';
import { isMachineId, machineIdOf } from '../options/machine-id.js';
import { NO_RESTART } from '../options/restart-policy.js';
import { confinement, givenOptions } from '../options/confinement.js';
import { checkDiskLimits, type DiskLimits } from '../options/disk-limits.js';
import { checkSecurity, type SecurityOption } from '../options/security.js';
import { replaceFile, writeFileAtomic } from '../state/atomic-file.js';
import { readBounded, syncDirectory, syncFile } from '../state/files.js';
import { onDisk, storageError } from '../state/storage-error.js';
import { type BoxState, initialState, isStopReason } from './box-state.js';
import { isBoxStatus } from '../state/box-lifecycle.js';

const ID = /^[0-9a-f]{12}$/;
const REMOVING = '.removing-';
const MAX_BYTES = 8 << 20;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const parse = async (path: string, version: number): Promise<Record<string, unknown>> => {
  const content = await readBounded(path, MAX_BYTES);
  if (content === undefined) throw new Error(`${path} is missing, no file, or larger than ${String(MAX_BYTES)} bytes`);
  const value: unknown = JSON.parse(content.toString('utf8'));
  if (!isObject(value)) throw new Error(`${path} does not hold a JSON object`);
  if (value['version'] !== version)
    throw new Error(`${path} has version ${JSON.stringify(value['version'])}; this BoxLite reads version ${String(version)}`);
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
        ['entrypoint', 'cmd'].find((name) => value[name] !== undefined && value[name] !== null && !Array.isArray(value[name])) ??
        // Boxes of earlier versions have no volumes.
        ['capabilities', 'volumes'].find((name) => !Array.isArray(value[name] ?? (name === 'volumes' ? [] : undefined))));
  if (wrong !== undefined) throw new Error(`'${wrong}' is missing or of a wrong kind`);
  const { kind, reference, path } = value['source'] as Record<string, unknown>;
  const text = kind === 'image' ? reference : kind === 'ociLayout' || kind === 'archive' ? path : undefined;
  if (typeof text !== 'string') throw new Error("'source' is of a wrong kind");
  const machineId = value['machineId'] ?? machineIdOf(id);
  if (!isMachineId(machineId)) throw new Error("'machineId' is of a wrong kind");
  // A Box of an earlier version has none of these options.
  return {
    entrypoint: null,
    cmd: null,
    tty: false,
    openStdin: false,
    stopSignal: null,
    volumes: [],
    idleTimeoutMs: null,
    healthCheck: null,
    restart: NO_RESTART,
    ...value,
    machineId,
    diskLimits: checkDiskLimits(value['diskLimits'] as DiskLimits | undefined),
    security: checkSecurity(value['security'] as SecurityOption | undefined),
    confinement: confinement(isObject(value['confinement']) ? givenOptions(value['confinement']) : {}),
  } as unknown as BoxConfig;
};

const checkState = (value: Record<string, unknown>): BoxState => {
  const { status, disk, vm, startedFrom, error } = value;
  if (!isBoxStatus(status)) throw new Error(`'status' is ${JSON.stringify(status)}`);
  if (
    vm !== null &&
    !(isObject(vm) && Number.isInteger(vm['pid']) && typeof vm['startTime'] === 'string' && typeof vm['directory'] === 'string')
  )
    throw new Error("'vm' is of a wrong kind");
  if (disk !== null && !isDiskChain(disk)) throw new Error("'disk' is of a wrong kind");
  if (startedFrom !== null && !isStartOrigin(startedFrom)) throw new Error("'startedFrom' is of a wrong kind");
  if (error !== null && !(isObject(error) && isBoxliteErrorCode(error['code']))) throw new Error("'error' is of a wrong kind");
  const { stopReason } = value;
  return {
    main: null,
    restarts: 0,
    restartPending: false,
    healthChecked: false,
    ...value,
    vm: vm === null ? null : { ...vm, jail: parseJailReport(vm['jail']) },
    stopReason: isStopReason(stopReason) ? stopReason : null,
  } as unknown as BoxState;
};

const encode = (value: BoxConfig | BoxState): string => `${JSON.stringify(value, null, 2)}\n`;

/** Makes a Box's directory with its configuration. The directory appears whole or not at all. */
export const createBoxFiles = async (home: HomeLayout, config: BoxConfig, state: BoxState = initialState()): Promise<void> => {
  const final = home.box(config.id);
  const building = `${REMOVING}${config.id}`;
  const temporary = home.box(building);
  try {
    await mkdir(temporary.root, { recursive: true, mode: 0o700 });
    await Promise.all([
      writeFile(temporary.config, encode(config), { mode: 0o600, flush: true }),
      writeFile(temporary.state, encode(state), { mode: 0o600, flush: true }),
    ]);
    await rename(temporary.root, final.root);
  } catch (error) {
    await rm(temporary.root, { recursive: true, force: true });
    throw storageError(error, `making the directory of a new Box in ${home.boxes}`);
  }
};

/** Replaces `config.json`; whatever ends this process, and a power cut as well, there is the old one or the new one. */
export const writeBoxConfig = async (layout: BoxLayout, config: BoxConfig): Promise<void> => {
  await onDisk(`writing ${layout.config}`, () => writeFileAtomic(layout.config, encode(config)));
};

/** Replaces `state.json`. The end of this process loses nothing of it; a power cut may, until {@link syncBoxState}. */
export const writeBoxState = async (layout: BoxLayout, state: BoxState): Promise<void> => {
  await onDisk(`writing ${layout.state}`, () => replaceFile(layout.state, encode(state)));
};

/** Resolves when a power cut loses nothing of what was last written either. */
export const syncBoxState = async (layout: BoxLayout): Promise<void> => {
  await onDisk(`writing ${layout.state}`, async () => {
    await syncFile(layout.state);
    await syncDirectory(layout.root);
  });
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

/** The directories of a home's Boxes, read. */
export interface FoundBoxes {
  found: FoundBox[];
  /** Those whose files cannot be read, and why; they stay. */
  damaged: { id: string; problem: string }[];
  /** The paths of what was being made or removed, and is gone now. */
  removed: string[];
}

/** @throws an error that says what is wrong with it. */
export const readBoxState = async (layout: BoxLayout): Promise<BoxState> => checkState(await parse(layout.state, 2));

/** Reads every Box of a home. A Box whose files cannot be read costs that Box only. */
export const readAllBoxes = async (home: HomeLayout): Promise<FoundBoxes> => {
  const boxes: FoundBoxes = { found: [], damaged: [], removed: [] };
  for (const name of await readdir(home.boxes)) {
    if (name.startsWith(REMOVING)) {
      await rm(join(home.boxes, name), { recursive: true, force: true });
      boxes.removed.push(join(home.boxes, name));
      continue;
    }
    if (!ID.test(name)) continue;
    const layout = home.box(name);
    boxes.removed.push(...(await removeUnfinished(layout.root)));
    try {
      boxes.found.push({ config: checkConfig(await parse(layout.config, 1), name), state: await readBoxState(layout) });
    } catch (error) {
      boxes.damaged.push({ id: name, problem: errorMessage(error) });
    }
  }
  return boxes;
};

/** What an earlier runtime was making when it was cut off. */
const removeUnfinished = async (directory: string): Promise<string[]> => {
  const names = await readdir(directory).catch(() => []);
  const unfinished = names.filter((name) => name.endsWith('.tmp')).map((name) => join(directory, name));
  for (const path of unfinished) await rm(path, { recursive: true, force: true });
  return unfinished;
};
