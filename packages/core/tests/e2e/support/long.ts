const isWanted = (process.env['BOXLITE_TEST_ALL'] ?? '') !== '';

/** Why tests that take minutes do not run; undefined when they do. */
export const notAsked = isWanted ? undefined : "it takes long, and runs with '--all' (BOXLITE_TEST_ALL=1)";
