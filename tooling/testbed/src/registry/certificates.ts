import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../host/run.js';

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export interface CertificateFiles {
  readonly key: string;
  readonly certificate: string;
}

/** Makes a certificate that vouches for itself. */
export const makeAuthority = async (directory: string, name: string): Promise<CertificateFiles> => {
  const files = { key: join(directory, `${name}.key`), certificate: join(directory, `${name}.pem`) };
  const extensions = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,digitalSignature'];
  await run('openssl', [
    'req',
    '-x509',
    ...EC,
    '-keyout',
    files.key,
    '-out',
    files.certificate,
    '-days',
    '30',
    '-subj',
    `/CN=${name}`,
    ...extensions,
  ]);
  return files;
};

/** Makes a server's certificate for this machine, signed by an authority. */
export const makeServerCertificate = async (directory: string, authority: CertificateFiles): Promise<CertificateFiles> => {
  const [request, extensions] = [join(directory, 'server.csr'), join(directory, 'server.ext')];
  const files = { key: join(directory, 'server.key'), certificate: join(directory, 'server.pem') };
  await run('openssl', ['req', ...EC, '-keyout', files.key, '-out', request, '-subj', '/CN=localhost']);
  await writeFile(extensions, 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\nextendedKeyUsage=serverAuth\n');
  const by = ['-CA', authority.certificate, '-CAkey', authority.key, '-CAcreateserial', '-days', '30', '-extfile', extensions];
  await run('openssl', ['x509', '-req', '-in', request, '-out', files.certificate, ...by]);
  return files;
};

export const readText = (path: string): Promise<string> => readFile(path, 'utf8');
