import { guestPreset } from '../../tooling/presets/jest.mjs';

/** The library as it is installed, with the built bridge and real guests. */
export default guestPreset({ testMatch: ['<rootDir>/tests/e2e/**/*.e2e.test.ts'] });
