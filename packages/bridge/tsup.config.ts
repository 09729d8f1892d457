import { defineConfig } from 'tsup';

/** A program, and the types of its protocol for generators. What answers the handshake is small; core is loaded after it. */
export default defineConfig({
  entry: ['src/main.ts', 'src/index.ts'],
  format: ['esm'],
  target: 'node20',
  dts: { entry: 'src/index.ts' },
  clean: true,
  splitting: true,
  sourcemap: true,
});
