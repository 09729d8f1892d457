import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BoxOptions, BoxliteRuntime, type CloneOptions, type LiteBox, type RunOptions, type RuntimeOptions } from '@boxlite/core';

const fromSetup = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; the tests run by 'pnpm --filter @boxlite/core test:e2e'`);
  return value;
};

/** A real Debian with Python and git, as an OCI layout. */
export const debian = (): BoxOptions => ({ rootfs: { ociLayout: fromSetup('BOXLITE_E2E_DEBIAN') } });

/** The home that all test files share, one after another. */
export const sharedHome = (): string => fromSetup('BOXLITE_E2E_HOME');

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
  return removedAtEnd(box);
};

/** Clones that are removed at the end of the block. */
export const spawnClones = async (box: LiteBox, options: CloneOptions = {}): Promise<LiteBox[] & AsyncDisposable> => {
  const clones = (await box.clone(options)).map(removedAtEnd);
  return Object.assign(clones, {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clones.map((clone) => clone[Symbol.asyncDispose]()));
    },
  });
};

export const spawnClone = async (box: LiteBox, options: CloneOptions = {}): Promise<LiteBox> => {
  const [clone] = await box.clone(options);
  if (clone === undefined) throw new Error('clone made no Box');
  return removedAtEnd(clone);
};

/** What a shell script prints; it must succeed. */
export const sh = async (box: LiteBox, script: string, options: RunOptions = {}): Promise<string> =>
  (await box.run('sh', ['-c', script], { check: true, ...options })).stdout.trimEnd();

/** What a Python program prints, in a Debian Box; it must succeed. */
export const python = async (box: LiteBox, program: string, args: readonly string[] = []): Promise<string> =>
  (await box.run('python3', ['-c', program, ...args], { check: true })).stdout.trimEnd();

const removedAtEnd = (box: LiteBox): LiteBox => {
  box[Symbol.asyncDispose] = () => box.remove({ force: true }).catch(ignoreNotFound);
  return box;
};

const ignoreNotFound = (error: unknown): void => {
  if (!(error instanceof Error && 'code' in error && error.code === 'NotFound')) throw error;
};
