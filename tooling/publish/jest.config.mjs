import { preset } from '../presets/jest.mjs';

export default preset();
