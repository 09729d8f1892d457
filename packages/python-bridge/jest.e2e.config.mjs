import { preset } from '../../tooling/presets/jest.mjs';

/** The package as it is installed, with the built bridge and real guests. */
export default preset({
  testMatch: ['<rootDir>/tests/e2e/**/*.e2e.test.ts'],
  maxWorkers: 1,
  // A bound against hangs, not a measure: an emulated boot on a busy machine takes seconds.
  testTimeout: 180_000,
});
