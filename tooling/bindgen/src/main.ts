/**
 * Writes everything that is generated from core's public API; with `--check` says what of it is stale, and fails.
 *
 *     ./dev bindgen [--check]
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addVariants } from './add-variants.js';
import { emitHeader, emitMap } from './c/emit-header.js';
import { emitRust } from './c/emit-rust.js';
import { Surface } from './c/surface.js';
import { emitBridge } from './emit-bridge.js';
import { markHostPaths } from './mark-host-paths.js';
import type { Model } from './model.js';
import { OverrideUse, readOverrides } from './overrides.js';
import { emitAio, emitInit, emitSync } from './python/emit-api.js';
import { emitData, emitErrors } from './python/emit-data.js';
import { ApiReader } from './read-api.js';
import { emitCReference } from './reference/c.js';
import { emitReference } from './reference/emit-reference.js';
import { python } from './reference/python.js';
import { typescript } from './reference/typescript.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

const cLibrary = (model: Model): Record<string, string> => {
  const surface = new Surface(model);
  const base = readFileSync(join(root, 'tooling/bindgen/src/c/base.h'), 'utf8');
  const header = emitHeader(surface, base);
  return {
    'native/c/src/abi/generated.rs': emitRust(surface),
    'packages/c/include/boxlite/boxlite.h': header,
    'docs/reference/c.md': emitCReference(header),
    'packages/c/boxlite.map': emitMap(surface, base),
  };
};

const generate = (model: Model): Record<string, string> => ({
  ...cLibrary(model),
  'proto/boxlite/v1/bridge.json': `${JSON.stringify(model, null, 2)}\n`,
  'packages/bridge/src/generated/api.ts': emitBridge(model),
  'packages/python-bridge/src/boxlite/__init__.py': emitInit(model),
  'packages/python-bridge/src/boxlite/_aio.py': emitAio(model),
  'packages/python-bridge/src/boxlite/_data.py': emitData(model),
  'packages/python-bridge/src/boxlite/_errors.py': emitErrors(model),
  'packages/python-bridge/src/boxlite/sync.py': emitSync(model),
  'docs/reference/python.md': emitReference(model, python(model)),
  'docs/reference/typescript.md': emitReference(model, typescript(model)),
});

const current = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

const main = (): void => {
  const overrides = readOverrides(join(root, 'tooling/bindgen/overrides.json'));
  const use = new OverrideUse(overrides);
  const read = markHostPaths(new ApiReader(join(root, 'packages/core'), use).read(), overrides.hostPaths);
  const model = addVariants(read, overrides.variants);
  if (use.unused.length > 0) throw new Error(`overrides.json names what is not there (any more): ${use.unused.join(', ')}`);
  const stale = Object.entries(generate(model)).filter(([path, text]) => current(join(root, path)) !== text);
  if (process.argv.includes('--check')) {
    if (stale.length === 0) return;
    console.error(`core's public API has changed, and with it ${stale.map(([path]) => path).join(', ')}; run ./dev bindgen`);
    process.exitCode = 1;
    return;
  }
  for (const [path, text] of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    console.log(path);
  }
};

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
