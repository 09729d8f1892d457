import { defineConfig, type Options } from 'tsup';

/** The build of every library package: ESM and CommonJS, with types for both. */
export const library = (options: Options = {}) =>
  defineConfig({
    entry: ['src/index.ts'],
    format: ['esm', 'cjs'],
    target: 'node20',
    dts: true,
    clean: true,
    shims: true,
    sourcemap: true,
    ...options,
  });
