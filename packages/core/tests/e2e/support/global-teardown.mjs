import { rm } from 'node:fs/promises';

export default function globalTeardown() {
  return rm(process.env.BOXLITE_E2E_HOME, { recursive: true, force: true });
}
