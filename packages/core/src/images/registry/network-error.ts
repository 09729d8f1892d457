import { BoxliteError } from '@boxlite/shared';

const CERTIFICATE = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_UNTRUSTED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_REVOKED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused; check the host and port, and that the registry runs',
  ENOTFOUND: 'the host name is not known; check its spelling and the DNS',
  EAI_AGAIN: 'the host name could not be looked up; check the network and the DNS',
  EHOSTUNREACH: 'the host cannot be reached; check the network',
  ENETUNREACH: 'there is no way to its network; check the network',
  ECONNRESET: 'the connection was broken off',
  UND_ERR_SOCKET: 'the connection was broken off',
  ETIMEDOUT: 'it did not answer in time; check the network and whether a proxy is needed (HTTPS_PROXY)',
  UND_ERR_CONNECT_TIMEOUT: 'it could not be connected to in time; check the network and whether a proxy is needed (HTTPS_PROXY)',
  UND_ERR_HEADERS_TIMEOUT: 'it did not answer in time',
  UND_ERR_BODY_TIMEOUT: 'it stopped sending',
  UND_ERR_HEADERS_OVERFLOW: 'its answer has too many headers',
  EPROTO: 'it does not speak TLS; if it is meant to be reached without, set protocol "http" for it',
};

const codesOf = (error: unknown): string[] => {
  const codes: string[] = [];
  for (let current = error, depth = 0; typeof current === 'object' && current !== null && depth < 5; depth += 1) {
    if ('code' in current && typeof current.code === 'string') codes.push(current.code);
    current = 'cause' in current ? current.cause : undefined;
  }
  return codes;
};

const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string' ? error.message : String(error);

export const isCertificateError = (error: unknown): boolean => codesOf(error).some((code) => CERTIFICATE.has(code));

/** Turns a failed request into `Network`, naming host, cause and what to check. */
export const networkError = (error: unknown, host: string, proxy: string | undefined): BoxliteError => {
  const codes = codesOf(error);
  const by = proxy === undefined ? '' : ` through proxy ${withoutSecrets(proxy)}`;
  if (isCertificateError(error)) {
    return new BoxliteError(
      'Network',
      `cannot trust ${host}${by}: ${messageOf(error)}; give its certificate authority as "ca" of the registry`,
      {
        reason: 'untrusted-certificate',
        cause: error,
      },
    );
  }
  const code =
    codes.find((candidate) => candidate in CAUSES) ?? (codes.some((candidate) => candidate.startsWith('ERR_SSL_')) ? 'EPROTO' : undefined);
  const why = code === undefined ? messageOf(error) : CAUSES[code];
  return new BoxliteError('Network', `cannot reach ${host}${by}: ${why ?? ''}`, {
    reason: code ?? codes[0] ?? 'unreachable',
    cause: error,
  });
};

/** A proxy's URL may hold a password. */
const withoutSecrets = (proxy: string): string => {
  try {
    return new URL(proxy).host;
  } catch {
    return 'of the environment';
  }
};
