import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BoxOptions, BoxliteRuntime, type LiteBox, type RuntimeOptions } from '@boxlite/core';

const fromSetup = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; the tests run by 'pnpm --filter @boxlite/core test:e2e'`);
  return value;
};

/** A real Debian with Python and git, as an OCI layout. */
export const debian = (): BoxOptions => ({ rootfs: { ociLayout: fromSetup('BOXLITE_E2E_DEBIAN') } });

/** The home that all test files share, one after another. */
const sharedHome = (): string => fromSetup('BOXLITE_E2E_HOME');

export const openRuntime = (options: RuntimeOptions = {}): Promise<BoxliteRuntime> =>
  BoxliteRuntime.open({ home: sharedHome(), ...options });

/** A home of its own, gone at the end of the block. */
export const temporaryHome = async (): Promise<AsyncDisposable & { path: string }> => {
  const path = await mkdtemp(join(tmpdir(), 'boxlite-home-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
};

/** A Box that is removed at the end of the block, whatever state it is in. */
export const spawnBox = async (runtime: BoxliteRuntime, options: BoxOptions = {}): Promise<LiteBox> => {
  const box = await runtime.create(options);
  box[Symbol.asyncDispose] = () => box.remove({ force: true }).catch(ignoreNotFound);
  return box;
};

const ignoreNotFound = (error: unknown): void => {
  if (!(error instanceof Error && 'code' in error && error.code === 'NotFound')) throw error;
};
