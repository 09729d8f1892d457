import { HomeLayout } from '@boxlite/shared';

/** The absolute path of a home: the one given, or that of `BOXLITE_HOME`, or `~/.boxlite`. */
export const homeDirectory = (home?: string): string => HomeLayout.resolve(home).root;
