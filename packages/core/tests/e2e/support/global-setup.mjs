import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes what all e2e tests share: the Debian image, and one home in which it is prepared once. */
export default function globalSetup() {
  // A process of its own: Jest loads this file outside of its transforms.
  const script = new URL('./debian-layout.ts', import.meta.url).pathname;
  const args = ['--import', 'tsx', '--conditions', '@boxlite/source', script];
  process.env.BOXLITE_E2E_DEBIAN = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
  process.env.BOXLITE_E2E_HOME = mkdtempSync(join(tmpdir(), 'boxlite-e2e-'));
}
