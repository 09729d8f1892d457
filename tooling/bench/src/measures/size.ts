import { spawn } from 'node:child_process';
import { lstat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { exists, walk } from '../../../setup/src/files.js';
import { root } from '../../../setup/src/paths.js';
import type { Measure } from '../measure.js';
import type { Row } from '../report/row.js';

/** What an installation brings, relative to the checkout. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  'engine bundle': ['platform/engine-linux-x64'],
  'shim program': ['platform/shim-linux-x64'],
  'guest image': ['platform/guest-x64'],
  'embedded image': ['packages/core/assets/images'],
  "Node's native module": ['platform/vmm-linux-x64-gnu'],
  'TypeScript packages (dist)': ['shared', 'vmm', 'shim', 'agent', 'core'].map((name) => `packages/${name}/dist`),
  'command-line program (dist)': ['apps/cli/dist'],
};

const installedBytes = async (path: string): Promise<number> => {
  let bytes = 0;
  for (const file of await walk(path)) bytes += (await lstat(file)).size;
  return bytes;
};

/** The size of a tar archive with gzip at its best level, which is what the npm registry serves. */
const packedBytes = async (path: string): Promise<number> => {
  const tar = spawn('tar', ['-C', dirname(path), '-cf', '-', basename(path)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gzip = createGzip({ level: 9 });
  let bytes = 0;
  gzip.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await pipeline(tar.stdout, gzip);
  return bytes;
};

const sum = async (paths: readonly string[], measure: (path: string) => Promise<number>): Promise<number> => {
  let total = 0;
  for (const path of paths) total += await measure(path);
  return total;
};

export const size: Measure = {
  name: 'size',
  about: 'size of what is installed, and of the same packed (tar, gzip -9)',
  rounds: 1,
  run: async () => {
    const rows: Row[] = [];
    const skipped: string[] = [];
    const all = { installed: 0, packed: 0 };
    for (const [what, parts] of Object.entries(PARTS)) {
      const paths = parts.map((part) => join(root, part));
      const missing = (await Promise.all(paths.map(async (path) => ((await exists(path)) ? [] : [relative(root, path)])))).flat();
      if (missing.length > 0) {
        skipped.push(`${what}: ${missing.join(', ')} is not there; ./dev setup makes it`);
        continue;
      }
      const [installed, packed] = [await sum(paths, installedBytes), await sum(paths, packedBytes)];
      all.installed += installed;
      all.packed += packed;
      rows.push({ what, unit: 'bytes', samples: [installed], counterpart: { what: 'packed', samples: [packed] } });
    }
    rows.push({ what: 'all of it', unit: 'bytes', samples: [all.installed], counterpart: { what: 'packed', samples: [all.packed] } });
    return { warm: 'nothing; dependencies from the npm registry are not counted', rows, skipped };
  },
};
