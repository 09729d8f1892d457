import { BoxliteError } from '@boxlite/shared';
import type { Challenge } from './challenge.js';
import { parseChallenges } from './challenge.js';
import { type Credentials, type DockerLogin, dockerConfigPath, readDockerLogin } from './docker-config.js';
import type { Endpoint } from './endpoint.js';
import { basic, type HttpClient, type HttpResponse } from './http-client.js';
import { unauthorized } from './registry-error.js';
import type { RegistryOptions } from './registry-options.js';
import { fetchToken, type Token } from './token.js';

export interface AuthorizerOptions {
  endpoint: Endpoint;
  http: HttpClient;
  documentMs: number;
  options: RegistryOptions | undefined;
}

/**
 * Finds out how a registry wants to be shown who asks, and keeps what it gave: anonymous, basic or bearer token.
 * Many requests may ask at the same time; a token is fetched once for all that need it.
 */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #tokens = new Map<string, Promise<Token>>();
  #challenge: Challenge | undefined;
  #login: Promise<DockerLogin> | undefined;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /** The Authorization header to begin with; undefined as long as the registry has not asked for one. */
  async header(scope: string, signal?: AbortSignal): Promise<string | undefined> {
    if (this.#challenge === undefined) return undefined;
    if (this.#challenge.scheme === 'basic') return this.#basic();
    return `Bearer ${(await this.#token(this.#challenge, scope, signal)).value}`;
  }

  /**
   * Answers a 401.
   * @param refused the header that it was the answer to; what it holds is not used again
   * @throws BoxliteError `Image`, reason `unauthorized`, when there is nothing (more) to show
   */
  async answer(response: HttpResponse, scope: string, refused: string | undefined, signal?: AbortSignal): Promise<string> {
    const challenges = parseChallenges(response.headers('www-authenticate'));
    const challenge = challenges.find(({ scheme }) => scheme === 'bearer') ?? challenges.find(({ scheme }) => scheme === 'basic');
    if (challenge === undefined) throw await this.denied();
    this.#challenge = challenge;
    if (challenge.scheme === 'basic') {
      const header = await this.#basic();
      if (header === undefined || header === refused) throw await this.denied();
      return header;
    }
    const kept = await this.#tokens.get(scope)?.catch(() => undefined);
    if (kept !== undefined && `Bearer ${kept.value}` === refused) this.#tokens.delete(scope);
    return `Bearer ${(await this.#token(challenge, scope, signal)).value}`;
  }

  /** The error for 401 and 403: what was tried, and how to give credentials. */
  async denied(): Promise<BoxliteError> {
    const { host } = this.#options.endpoint;
    const { credentials, helper } = await this.#credentials();
    if (credentials !== undefined) {
      const who = 'username' in credentials ? ` of user ${JSON.stringify(credentials.username)}` : '';
      return unauthorized(
        `registry ${host} does not accept the credentials${who} for this image; check them, or log in again with \`docker login ${host}\``,
      );
    }
    if (helper !== undefined) {
      return new BoxliteError(
        'Unsupported',
        `registry ${host} needs credentials, and ${dockerConfigPath()} leaves them to the credential helper "${helper}"; helpers are not run, give them as "credentials" of the registry`,
        { reason: 'credential-helper' },
      );
    }
    return unauthorized(
      `registry ${host} says the image does not exist or needs credentials; check the name, or log in with \`docker login ${host}\``,
    );
  }

  async #credentials(): Promise<DockerLogin> {
    const given = this.#options.options?.credentials;
    if (given !== undefined) return { credentials: given, helper: undefined };
    this.#login ??= readDockerLogin(this.#options.endpoint.host);
    try {
      return await this.#login;
    } finally {
      // Read again for the next challenge: the user may have logged in meanwhile.
      this.#login = undefined;
    }
  }

  async #basic(): Promise<string | undefined> {
    const { credentials } = await this.#credentials();
    return credentials !== undefined && 'username' in credentials ? basic(credentials.username, credentials.password) : undefined;
  }

  async #token(challenge: Challenge, scope: string, signal: AbortSignal | undefined): Promise<Token> {
    const kept = this.#tokens.get(scope);
    if (kept !== undefined) {
      const token = await kept.catch(() => undefined);
      if (token !== undefined && token.expiresAt > performance.now()) return token;
      if (this.#tokens.get(scope) === kept) this.#tokens.delete(scope);
    }
    const running = this.#tokens.get(scope);
    if (running !== undefined) return running;
    const fetched = this.#fetch(challenge, scope, signal);
    this.#tokens.set(scope, fetched);
    fetched.catch(() => {
      if (this.#tokens.get(scope) === fetched) this.#tokens.delete(scope);
    });
    return fetched;
  }

  async #fetch(challenge: Challenge, scope: string, signal: AbortSignal | undefined): Promise<Token> {
    const { endpoint, http, documentMs } = this.#options;
    const credentials: Credentials | undefined = (await this.#credentials()).credentials;
    const base = await endpoint.base(signal);
    const denied = () => this.denied();
    return fetchToken({ http, documentMs, host: endpoint.host, base, ca: endpoint.ca, challenge, scope, credentials, denied, signal });
  }
}
