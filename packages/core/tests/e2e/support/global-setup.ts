import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianImage } from '@boxlite/testbed';

/** Makes what all e2e tests share: the Debian image, and one home in which it is prepared once. */
export default async function globalSetup(): Promise<void> {
  process.env['BOXLITE_E2E_DEBIAN'] = (await debianImage()).layout;
  process.env['BOXLITE_E2E_HOME'] = await mkdtemp(join(tmpdir(), 'boxlite-e2e-'));
}
