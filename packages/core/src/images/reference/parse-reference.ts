import { BoxliteError } from '@boxlite/shared';
import type { Reference } from './reference.js';

// The grammar of distribution's reference package, which Docker, containerd and podman share; name and tag as in distribution-spec, "Pulling manifests".
const DOMAIN_PART = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = new RegExp(`^(?:${DOMAIN_PART}(?:\\.${DOMAIN_PART})*|\\[[a-fA-F0-9:]+\\])(?::([0-9]{1,5}))?$`);
const PATH_PART = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const SHA256 = /^sha256:[0-9a-f]{64}$/;
const MAX_NAME_LENGTH = 255;
const MAX_LENGTH = 1024;

const invalid = (text: string, why: string) =>
  new BoxliteError('InvalidArgument', `image reference ${JSON.stringify(text.slice(0, 200))} is not valid: ${why}`, {
    reason: 'invalid-reference',
  });

/** The first part is a registry when it could not be a path: it has a dot, a port or a capital letter, or is `localhost`. */
const splitRegistry = (name: string): { registry: string; repository: string } => {
  const slash = name.indexOf('/');
  const first = name.slice(0, slash);
  const isRegistry = slash !== -1 && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first);
  const registry = isRegistry ? first : 'docker.io';
  const repository = isRegistry ? name.slice(slash + 1) : name;
  if (registry !== 'docker.io' && registry !== 'index.docker.io') return { registry, repository };
  return { registry: 'docker.io', repository: repository.includes('/') ? repository : `library/${repository}` };
};

const checkDigest = (text: string, digest: string): void => {
  if (!DIGEST.test(digest)) throw invalid(text, 'what follows "@" must be a digest such as sha256:<64 hexadecimal digits>');
  if (!digest.startsWith('sha256:')) {
    throw new BoxliteError(
      'Unsupported',
      `image reference ${JSON.stringify(text.slice(0, 200))} has a digest that is not sha256; only sha256 is supported`,
    );
  }
  if (!SHA256.test(digest)) throw invalid(text, 'a sha256 digest has 64 lower-case hexadecimal digits');
};

/**
 * Reads an image reference as Docker does: `debian:12` is `docker.io/library/debian:12`, no tag is `latest`.
 * @throws BoxliteError `InvalidArgument` that says which part is wrong
 */
export const parseReference = (text: string): Reference => {
  if (text === '') throw invalid(text, 'it is empty');
  if (text.length > MAX_LENGTH) throw invalid(text, `it is longer than ${MAX_LENGTH} characters`);
  const at = text.indexOf('@');
  const digest = at === -1 ? undefined : text.slice(at + 1);
  if (digest !== undefined) checkDigest(text, digest);

  const named = at === -1 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !TAG.test(tag)) {
    throw invalid(
      text,
      `tag ${JSON.stringify(tag.slice(0, 140))} must be 1 to 128 letters, digits, "_", "." or "-", not led by "." or "-"`,
    );
  }
  const name = hasTag ? named.slice(0, colon) : named;
  if (/^[a-f0-9]{64}$/.test(name))
    throw invalid(text, '64 hexadecimal digits alone are an identifier, not a name; write name@sha256:<digits>');

  const { registry, repository } = splitRegistry(name);
  const port = DOMAIN.exec(registry);
  if (port === null) throw invalid(text, `registry ${JSON.stringify(registry)} must be a host name or address with an optional port`);
  if (port[1] !== undefined && (Number(port[1]) > 65_535 || Number(port[1]) === 0))
    throw invalid(text, `port ${port[1]} is not between 1 and 65535`);
  if (repository === '') throw invalid(text, 'the repository is empty');
  for (const part of repository.split('/')) {
    if (!PATH_PART.test(part)) {
      const hint = /[A-Z]/.test(part) ? '; repository names are lower-case' : '';
      throw invalid(text, `${JSON.stringify(part)} must be lower-case letters and digits, separated by ".", "_", "__" or "-"${hint}`);
    }
  }
  if (registry.length + 1 + repository.length > MAX_NAME_LENGTH)
    throw invalid(text, `the name is longer than ${MAX_NAME_LENGTH} characters`);
  return {
    registry,
    repository,
    ...(tag === undefined && digest === undefined ? { tag: 'latest' } : tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
};
