import type { BoxFiles } from '@boxlite/agent';

/** The files of a Box that need not run yet: each call starts it first. */
export const lazyFiles = (files: () => Promise<BoxFiles>): BoxFiles => ({
  read: async (path, options) => (await files()).read(path, options),
  readStream: async (path, options) => (await files()).readStream(path, options),
  write: async (path, data, options) => (await files()).write(path, data, options),
  append: async (path, data, options) => (await files()).append(path, data, options),
  stat: async (path, options) => (await files()).stat(path, options),
  list: async (path, options) => (await files()).list(path, options),
  mkdir: async (path, options) => (await files()).mkdir(path, options),
  remove: async (path, options) => (await files()).remove(path, options),
  rename: async (from, to, options) => (await files()).rename(from, to, options),
  watch: async (path, options) => (await files()).watch(path, options),
});
