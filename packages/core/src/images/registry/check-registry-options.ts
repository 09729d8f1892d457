import { X509Certificate } from 'node:crypto';
import { BoxliteError } from '@boxlite/shared';
import type { RegistryOptions } from './registry-options.js';

const HOST = /^(?:[a-zA-Z0-9.-]+|\[[a-fA-F0-9:]+\])(?::[0-9]{1,5})?$/;
const PROTOCOLS: readonly string[] = ['https', 'http'];
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

const invalid = (message: string) => new BoxliteError('InvalidArgument', message, { reason: 'invalid-registry' });

const checkHost = (host: unknown, name: string): void => {
  if (typeof host !== 'string' || !HOST.test(host)) {
    throw invalid(
      `${name} is ${JSON.stringify(host)}; it must be a host with an optional port, without a scheme or path, such as localhost:5000`,
    );
  }
};

const checkCertificates = (pem: string, host: string): void => {
  const certificates = pem.match(CERTIFICATE) ?? [];
  if (certificates.length === 0) throw invalid(`ca of registry ${host} holds no PEM certificate`);
  for (const certificate of certificates) {
    try {
      new X509Certificate(certificate);
    } catch (error) {
      throw new BoxliteError('InvalidArgument', `ca of registry ${host} holds a certificate that cannot be read`, {
        reason: 'invalid-registry',
        cause: error,
      });
    }
  }
};

/** @throws BoxliteError `InvalidArgument` naming the option */
export const checkRegistryOptions = (registries: readonly RegistryOptions[]): void => {
  const seen = new Set<string>();
  for (const { host, protocol, credentials, ca, mirrors } of registries) {
    checkHost(host, 'registries[].host');
    if (seen.has(host)) throw invalid(`registry ${host} is given twice`);
    seen.add(host);
    if (protocol !== undefined && !PROTOCOLS.includes(protocol)) {
      throw invalid(`protocol of registry ${host} is ${JSON.stringify(protocol)}; it must be https or http`);
    }
    if (ca !== undefined) checkCertificates(ca, host);
    for (const mirror of mirrors ?? []) checkHost(mirror, `mirror of registry ${host}`);
    if (credentials !== undefined) {
      const values = 'identityToken' in credentials ? [credentials.identityToken] : [credentials.username, credentials.password];
      if (values.some((value) => typeof value !== 'string'))
        throw invalid(`credentials of registry ${host} must be a username and a password, or an identityToken`);
      if ('username' in credentials && credentials.username.includes(':'))
        throw invalid(`the username for registry ${host} must not hold ":"`);
    }
  }
};
