import { defineConfig } from 'tsup';

/** One command, not a library: ES modules alone, without types. Core stays outside, and is loaded by the commands that need it. */
export default defineConfig({
  entry: ['src/main.ts'],
  format: ['esm'],
  target: 'node20',
  clean: true,
  splitting: true,
  sourcemap: true,
});
