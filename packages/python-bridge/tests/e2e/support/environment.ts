import { join } from 'node:path';

const root = join(__dirname, '../../..');

/** Of programs in Python that use the package as it is here, the built bridge, and a home in this directory. */
export const pythonEnvironment = (directory: string): NodeJS.ProcessEnv => ({
  ...process.env,
  BOXLITE_HOME: join(directory, 'home'),
  BOXLITE_NODE: process.execPath,
  BOXLITE_BRIDGE: join(root, '../bridge/dist/main.js'),
  PYTHONPATH: join(root, 'src'),
  PYTHONDONTWRITEBYTECODE: '1',
  PYTHONUNBUFFERED: '1',
  // A coroutine that nobody awaits and a resource that nobody closes are mistakes of the package's.
  PYTHONWARNINGS: 'error::RuntimeWarning,error::ResourceWarning',
});
