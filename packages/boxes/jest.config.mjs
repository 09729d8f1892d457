import { preset } from '../../tooling/presets/jest.mjs';

export default preset();
