import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** To be called in a `describe`: a home of its own for the runtime that Boxes share, gone after the tests. */
export const useHome = (): void => {
  let home: string;
  const before = process.env['BOXLITE_HOME'];
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'boxlite-boxes-'));
    process.env['BOXLITE_HOME'] = home;
  });
  afterAll(() => {
    if (before === undefined) delete process.env['BOXLITE_HOME'];
    else process.env['BOXLITE_HOME'] = before;
    rmSync(home, { recursive: true, force: true });
  });
};
