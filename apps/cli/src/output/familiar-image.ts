/** A reference in its parts: `localhost:5000/app`, `1.0`, `sha256:…`. */
export const splitReference = (reference: string): { name: string; tag: string | undefined; digest: string | undefined } => {
  const [named = '', digest] = reference.split('@', 2);
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  return { name: colon < 0 ? named : named.slice(0, colon), tag: colon < 0 ? undefined : named.slice(colon + 1), digest };
};

/** A repository as people write it: without Docker Hub's name and its `library/`. */
export const familiarName = (name: string): string => name.replace(/^docker\.io\//, '').replace(/^library\//, '');

/** A reference as people write it; the tag that is meant when none is given is left out. Other things, such as paths, stay as they are. */
export const familiarImage = (reference: string): string => familiarName(reference).replace(/:latest$/, '');
