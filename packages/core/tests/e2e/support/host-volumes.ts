import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BoxliteRuntime } from '@boxlite/core';

export const isRoot = process.getuid?.() === 0;

/** Why Boxes cannot have directories of the host here; undefined when they can. */
export const noHostVolumes = async (runtime: BoxliteRuntime): Promise<string | undefined> => {
  const { kernelRelease } = (await runtime.system()).guest;
  if (kernelRelease.includes('cloud')) return `guests run on Linux ${kernelRelease}, which has no 9p`;
  const refused = await promisify(execFile)('unshare', isRoot ? ['--mount', 'true'] : ['--user', '--mount', 'true']).then(
    () => undefined,
    (error: unknown) => `this host refuses namespaces: ${String(error)}`,
  );
  return refused;
};

/** A directory of the host's for one test file. */
export const hostDirectory = async (): Promise<AsyncDisposable & { path: string; at: (name: string) => string }> => {
  const path = await mkdtemp(join(tmpdir(), 'boxlite-volumes-'));
  return { path, at: (name) => join(path, name), [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
};
