/** The version of the bridge, as in package.json. */
export const VERSION = '0.1.0';
