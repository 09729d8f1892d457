import { fileURLToPath } from 'node:url';
import { defineConfig, type Options } from 'tsup';
import { apart } from '../../tooling/presets/apart.js';
import { REQUIRE } from '../../tooling/presets/require.js';
import { thirdParty } from '../../tooling/presets/third-party.js';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const bundled = {
  target: 'node20',
  // What loads definitions of services at run time is for a part of grpc-js that we have no use for.
  external: ['@grpc/proto-loader'],
  minifySyntax: true,
  esbuildOptions: (options) => {
    options.conditions = ['@boxlite/source', 'import', 'node'];
    options.sourcesContent = false;
    // What is loaded late is CommonJS, which `import()` reads twice; and where CommonJS is loaded in another way, as in Jest, there is often none.
    options.supported = { 'dynamic-import': false };
  },
} satisfies Options;
const terms = thirdParty('dist/THIRD-PARTY.txt');

/**
 * What users install holds the layers under it and what they take from npm, so that few files are read and nothing of other projects is
 * installed but prom-client, whose types are part of the API. What is large and not needed at once is in files of its own.
 */
export default defineConfig([
  {
    ...bundled,
    entry: ['src/index.ts'],
    format: ['esm', 'cjs'],
    splitting: false,
    shims: true,
    sourcemap: true,
    banner: ({ format }) => (format === 'esm' ? { js: REQUIRE } : {}),
    esbuildPlugins: [apart({ './grpc-parts.js': './late/grpc.cjs', './undici-parts.js': './late/undici.cjs' }), terms],
    dts: {
      compilerOptions: {
        stripInternal: true,
        // As sources, the types of the layers become part of this package's.
        paths: Object.fromEntries(
          ['shared', 'vmm', 'shim', 'agent'].map((name) => [`@boxlite/${name}`, [source(`../${name}/src/index.ts`)]]),
        ),
      },
    },
  },
  {
    ...bundled,
    entry: { grpc: '../shared/src/transport/grpc-parts.ts', undici: 'src/images/registry/undici-parts.ts' },
    outDir: 'dist/late',
    format: ['cjs'],
    splitting: false,
    esbuildPlugins: [terms],
  },
]);
