/** The version of the command, as in package.json. */
export const VERSION = '0.1.0';
