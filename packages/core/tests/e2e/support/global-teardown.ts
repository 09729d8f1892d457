import { rm } from 'node:fs/promises';

export default async function globalTeardown(): Promise<void> {
  const home = process.env['BOXLITE_E2E_HOME'];
  if (home !== undefined) await rm(home, { recursive: true, force: true });
}
