import { type BoxFiles, type FileCallOptions, holdSource } from '@boxlite/agent';
import { checkOptions } from '@boxlite/shared';

/** Options by the call that takes them. */
const OPTIONS = {
  read: ['maxBytes', 'signal'],
  readStream: ['signal'],
  write: ['mode', 'signal'],
  append: ['signal'],
  stat: ['follow', 'signal'],
  list: ['signal'],
  mkdir: ['parents', 'mode', 'signal'],
  remove: ['recursive', 'force', 'signal'],
  rename: ['signal'],
  watch: ['recursive', 'signal'],
} as const satisfies Record<keyof BoxFiles, readonly string[]>;

/** The files of a Box that need not run yet: each call starts it first, when it is one that can be. */
export const lazyFiles = (files: () => Promise<BoxFiles>): BoxFiles => {
  const ready = (call: keyof BoxFiles, options: FileCallOptions = {}): Promise<BoxFiles> => {
    checkOptions(options, `files.${call}`, OPTIONS[call]);
    return files();
  };
  return {
    read: async (path, options) => (await ready('read', options)).read(path, options),
    readStream: async (path, options) => (await ready('readStream', options)).readStream(path, options),
    write: async (path, data, options) => {
      holdSource(data, 'what is to be written');
      return (await ready('write', options)).write(path, data, options);
    },
    append: async (path, data, options) => {
      holdSource(data, 'what is to be appended');
      return (await ready('append', options)).append(path, data, options);
    },
    stat: async (path, options) => (await ready('stat', options)).stat(path, options),
    list: async (path, options) => (await ready('list', options)).list(path, options),
    mkdir: async (path, options) => (await ready('mkdir', options)).mkdir(path, options),
    remove: async (path, options) => (await ready('remove', options)).remove(path, options),
    rename: async (from, to, options) => (await ready('rename', options)).rename(from, to, options),
    watch: async (path, options) => (await ready('watch', options)).watch(path, options),
  };
};
