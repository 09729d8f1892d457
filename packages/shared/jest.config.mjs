import { preset } from '../../tooling/presets/jest.mjs';

// A busy machine is no failure.
export default preset({ testTimeout: 30_000 });
