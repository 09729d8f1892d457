import { guestPreset } from '../presets/jest.mjs';

/** Packs the built packages, and installs them from a registry of its own into clean projects. */
export default guestPreset({ testMatch: ['<rootDir>/tests/*.install.test.ts'], testTimeout: 600_000 });
