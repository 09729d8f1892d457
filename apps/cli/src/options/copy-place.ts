/** One side of `boxlite cp`: a path here or in a Box, or `-`, which is a tar stream. */
export type CopyPlace = { kind: 'host'; path: string } | { kind: 'box'; box: string; path: string } | { kind: 'stream' };

/** Reads `PATH`, `BOX:PATH` or `-`. As with Docker, a path that begins with `/` or `.` is one of this machine, whatever colons are in it. */
export const parseCopyPlace = (text: string): CopyPlace => {
  if (text === '-') return { kind: 'stream' };
  const colon = text.indexOf(':');
  if (colon <= 0 || text.startsWith('/') || text.startsWith('.')) return { kind: 'host', path: text };
  return { kind: 'box', box: text.slice(0, colon), path: absolute(text.slice(colon + 1)) };
};

/** A relative path in a Box begins at its root. */
const absolute = (path: string): string => (path.startsWith('/') ? path : `/${path}`);
