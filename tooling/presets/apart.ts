/** What a bundle loads late, in a file of its own. */
import type { Options } from 'tsup';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/**
 * Leaves what is imported by `import()` under one of these names to another file, which is built for itself.
 *
 * It does what splitting does, for CommonJS as well, and both kinds of modules share the file.
 *
 * @param files - by the name that is imported, the file's path as seen from the bundle
 */
export const apart = (files: Readonly<Record<string, string>>): Plugin => ({
  name: 'apart',
  setup: (build) => {
    build.onResolve({ filter: /./ }, ({ path, kind }) => {
      const file = kind === 'dynamic-import' ? files[path] : undefined;
      return file === undefined ? undefined : { path: file, external: true };
    });
  },
});
