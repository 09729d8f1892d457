import type { Measure } from '../measure.js';

export const image: Measure = {
  name: 'image',
  about: 'pull and prepare',
  rounds: 3,
  run: () => Promise.resolve({ warm: '', rows: [], skipped: ['image'] }),
};
