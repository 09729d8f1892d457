import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory of a test's own; gone when the test ends. */
export const temporaryDirectory = (): { path: string; file(name: string): string } & Disposable => {
  const path = mkdtempSync(join(tmpdir(), 'boxlite-vmm-'));
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.dispose]: () => {
      rmSync(path, { recursive: true, force: true });
    },
  };
};
