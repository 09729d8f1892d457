import { createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TokenServerOptions {
  /** PEM. */
  key: string;
  /** PEM; the registry trusts it. */
  certificate: string;
  issuer: string;
  service: string;
  /** Who may have a token; without it everybody may, for pulling. */
  credentials: { username: string; password: string } | undefined;
  /** How long a token is valid, really; the least that clients believe is 60 s. @defaultValue 300 */
  lifetimeSeconds?: number;
}

const base64url = (value: Buffer | string): string => Buffer.from(value).toString('base64url');

interface Access {
  type: string;
  name: string;
  actions: string[];
}

const readScope = (scope: string): Access[] => {
  const match = /^repository:(.+):([a-z,*]+)$/.exec(scope);
  return match === null ? [] : [{ type: 'repository', name: match[1] ?? '', actions: (match[2] ?? '').split(',') }];
};

/** Gives out bearer tokens for a registry (distribution, token specification): ES256 tokens with the certificate in them. */
export class TokenServer implements AsyncDisposable {
  /** Scopes that were asked for, in order. */
  readonly requests: string[] = [];
  readonly #options: TokenServerOptions;
  readonly #server: Server;

  private constructor(options: TokenServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#answer(request, response);
    });
  }

  static async start(options: TokenServerOptions): Promise<TokenServer> {
    const server = new TokenServer(options);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get realm(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}/token`;
  }

  /** A token for scopes such as `repository:app:pull,push`. */
  issue(scopes: readonly string[], subject = ''): string {
    const { issuer, service, certificate, key, lifetimeSeconds = 300 } = this.#options;
    const now = Math.floor(Date.now() / 1000);
    const header = { typ: 'JWT', alg: 'ES256', x5c: [new X509Certificate(certificate).raw.toString('base64')] };
    const claims = {
      iss: issuer,
      sub: subject,
      aud: service,
      exp: now + lifetimeSeconds,
      nbf: now - 10,
      iat: now,
      jti: randomUUID(),
      access: scopes.flatMap(readScope),
    };
    const signed = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`;
    const signature = sign('sha256', Buffer.from(signed), { key: createPrivateKey(key), dsaEncoding: 'ieee-p1363' });
    return `${signed}.${base64url(signature)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.realm);
    const scopes = url.searchParams.getAll('scope');
    this.requests.push(...scopes);
    const { credentials, service, lifetimeSeconds = 300 } = this.#options;
    const expected = credentials && `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
    const isAllowed = request.headers.authorization === expected;
    if (url.pathname !== '/token' || url.searchParams.get('service') !== service) response.writeHead(400).end();
    else if (!isAllowed) response.writeHead(401).end('{"details":"incorrect username or password"}');
    else {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ token: this.issue(scopes, credentials?.username), expires_in: lifetimeSeconds }));
    }
  }
}
