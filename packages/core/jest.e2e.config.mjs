import { guestPreset } from '../../tooling/presets/jest.mjs';

export default guestPreset({
  testMatch: ['<rootDir>/tests/e2e/**/*.e2e.test.ts'],
  globalSetup: '<rootDir>/tests/e2e/support/global-setup.mjs',
  globalTeardown: '<rootDir>/tests/e2e/support/global-teardown.mjs',
});
