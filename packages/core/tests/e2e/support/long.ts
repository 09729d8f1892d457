const isWanted = (process.env['BOXLITE_TEST_ALL'] ?? '') !== '';

/** Why tests that take minutes do not run; undefined when they do. */
export const notAsked = isWanted ? undefined : "it takes long, and runs with '--all' (BOXLITE_TEST_ALL=1)";

/** How often, or where, something is tried: less unless all was asked for. */
export const unlessAll = <T>(few: T, all: T): T => (isWanted ? all : few);
