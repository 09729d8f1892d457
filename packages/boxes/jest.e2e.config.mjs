import { guestPreset } from '../../tooling/presets/jest.mjs';

export default guestPreset({ testMatch: ['<rootDir>/tests/e2e/**/*.e2e.test.ts'] });
