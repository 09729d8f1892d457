import { guestPreset } from '../../tooling/presets/jest.mjs';

/** The built bridge with real guests. */
export default guestPreset({ testMatch: ['<rootDir>/tests/e2e/**/*.e2e.test.ts'] });
