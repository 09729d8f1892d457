/** The name of an image, complete: nothing is left to defaults. */
export interface Reference {
  /** Registry as Docker names it: `docker.io`, `localhost:5000`. */
  readonly registry: string;
  /** Repository in the registry: `library/debian`. */
  readonly repository: string;
  /** Absent only when there is a digest. */
  readonly tag?: string;
  /** `sha256:…`; wins over the tag. */
  readonly digest?: string;
}

/** `docker.io/library/debian`. */
export const referenceName = ({ registry, repository }: Reference): string => `${registry}/${repository}`;

/** The canonical text: `docker.io/library/debian:12`, `localhost:5000/app@sha256:…`. Parses to the same reference again. */
export const formatReference = (reference: Reference): string => {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return `${referenceName(reference)}${tag}${digest}`;
};

/** What the registry is asked for: the digest, or else the tag. */
export const referenceSelector = (reference: Reference): string => reference.digest ?? reference.tag ?? 'latest';
