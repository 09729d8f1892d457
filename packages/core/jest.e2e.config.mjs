import { preset } from '../../tooling/presets/jest.mjs';

/** Real guests, one test file after another: they share two cores and one home. */
export default preset({
  testMatch: ['<rootDir>/tests/e2e/**/*.e2e.test.ts'],
  globalSetup: '<rootDir>/tests/e2e/support/global-setup.mjs',
  globalTeardown: '<rootDir>/tests/e2e/support/global-teardown.mjs',
  maxWorkers: 1,
  // A bound against hangs, not a measure: an emulated boot on a busy machine takes seconds.
  testTimeout: 180_000,
});
