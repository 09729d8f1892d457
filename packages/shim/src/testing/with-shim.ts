import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shimProgram } from '../assets.js';

const present = process.platform === 'linux' && existsSync(shimProgram());
// eslint-disable-next-line no-console -- what cannot run here says so
if (!present) console.warn(`skipped: ${shimProgram()} is not there; ./dev setup builds it`);

/** `describe` for what needs the shim's binary. */
export const describeWithShim: jest.Describe = present ? describe : describe.skip;

/** A directory for one test, removed with `await using`. */
export const temporaryDirectory = async (): Promise<AsyncDisposable & { path: string }> => {
  const path = await mkdtemp(join(tmpdir(), 'boxlite-shim-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
};
