import { cp, rm } from 'node:fs/promises';
import { defineConfig } from 'tsup';
import { REQUIRE } from '../../tooling/presets/require.js';
import { thirdParty } from '../../tooling/presets/third-party.js';

/**
 * A program with all JavaScript that it needs, so that it starts fast and can be carried where no package manager is. What answers the
 * handshake is small; core is loaded after it, from a file of its own beside the assets that it looks for.
 */
export default defineConfig({
  entry: ['src/main.ts', 'src/index.ts'],
  format: ['esm'],
  target: 'node20',
  dts: { entry: 'src/index.ts' },
  clean: true,
  splitting: true,
  // What loads definitions of services at run time is for a part of grpc-js that we have no use for.
  external: ['@grpc/proto-loader'],
  noExternal: [/^(?!@grpc\/proto-loader$)/],
  minifySyntax: true,
  banner: { js: REQUIRE },
  esbuildOptions: (options) => {
    options.conditions = ['@boxlite/source', 'import', 'node'];
    options.chunkNames = 'js/[name]-[hash]';
  },
  esbuildPlugins: [thirdParty('dist/THIRD-PARTY.txt')],
  onSuccess: async () => {
    await rm('dist/assets', { recursive: true, force: true });
    await cp('../core/assets', 'dist/assets', { recursive: true });
  },
});
