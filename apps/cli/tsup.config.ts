import { defineConfig } from 'tsup';
import { REQUIRE } from '../../tooling/presets/require.js';
import { thirdParty } from '../../tooling/presets/third-party.js';

/**
 * One command, not a library: ES modules alone, without types, and with what they take from npm. Core stays outside, and is loaded by the
 * commands that need it.
 */
export default defineConfig({
  entry: ['src/main.ts'],
  format: ['esm'],
  target: 'node20',
  clean: true,
  splitting: true,
  sourcemap: true,
  minifySyntax: true,
  banner: { js: REQUIRE },
  esbuildOptions: (options) => {
    options.sourcesContent = false;
  },
  esbuildPlugins: [thirdParty('dist/THIRD-PARTY.txt')],
});
