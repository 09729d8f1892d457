import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { hash } from 'bcryptjs';
import { findProgram } from '../host/programs.js';
import type { TestImage } from '../image/test-image.js';
import { makeAuthority, makeServerCertificate, readText } from './certificates.js';
import { pushImage } from './push-image.js';
import { TokenServer } from './token-server.js';

export interface TestRegistryOptions {
  /** How a client has to show who it is. @defaultValue none */
  auth?: 'none' | 'basic' | 'token';
  /** Https with an authority of its own. @defaultValue false */
  tls?: boolean;
  /** Of auth `token`: whether it is given to nobody without a name. @defaultValue true */
  tokenNeedsLogin?: boolean;
  /** Of auth `token`. @defaultValue 300 */
  tokenLifetimeSeconds?: number;
}

export const TEST_CREDENTIALS = { username: 'boxlite', password: 'p:ss wörd' } as const;

const SERVICE = 'boxlite-testbed';
const ISSUER = 'boxlite-testbed-issuer';

/** The program to run: dies with this process, even if that is killed, where the system offers a way. */
const command = (): string[] => {
  const registry = findProgram('docker-registry');
  if (registry === undefined) throw new Error('docker-registry is not installed (Debian package docker-registry)');
  const setpriv = findProgram('setpriv');
  return setpriv === undefined ? [registry] : [setpriv, '--pdeathsig', 'KILL', registry];
};

/** Resolves with the port when the registry says that it listens. */
const listening = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    let tail = '';
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        tail = `${tail}\n${line}`.slice(-2000);
        const port = /msg="listening on [^"]*:([0-9]+)/.exec(line)?.[1];
        if (port !== undefined) resolve(Number(port));
      });
    }
    child.on('error', reject);
    child.on('exit', (code) => {
      reject(new Error(`docker-registry ended with status ${String(code)} before it listened:${tail}`));
    });
  });

/** A real registry (docker-registry of Debian) on a port of this machine that the system chose. */
export class TestRegistry implements AsyncDisposable {
  private constructor(
    /** As it stands in references: `127.0.0.1:43211`. */
    readonly host: string,
    /** PEM of the authority that vouches for it; undefined over http. */
    readonly ca: string | undefined,
    /** What lets in; undefined where nothing is asked. */
    readonly credentials: typeof TEST_CREDENTIALS | undefined,
    /** Where tokens come from, with auth `token`. */
    readonly tokens: TokenServer | undefined,
    private readonly child: ChildProcess,
    private readonly directory: string,
  ) {}

  static async start(options: TestRegistryOptions = {}): Promise<TestRegistry> {
    const { auth = 'none', tls = false, tokenNeedsLogin = true, tokenLifetimeSeconds = 300 } = options;
    const [program = '', ...args] = command();
    const directory = await mkdtemp(join(tmpdir(), 'boxlite-registry-'));
    const config: Record<string, unknown> = {
      version: '0.1',
      log: { level: 'info', formatter: 'text', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(directory, 'storage') }, maintenance: { uploadpurging: { enabled: false } } },
    };
    const http: Record<string, unknown> = { addr: '127.0.0.1:0', secret: 'testbed' };
    let [ca, tokens]: [string | undefined, TokenServer | undefined] = [undefined, undefined];
    try {
      if (tls) {
        const authority = await makeAuthority(directory, 'authority');
        const { key, certificate } = await makeServerCertificate(directory, authority);
        http['tls'] = { key, certificate };
        ca = await readText(authority.certificate);
      }
      if (auth === 'basic') {
        const path = join(directory, 'htpasswd');
        await writeFile(path, `${TEST_CREDENTIALS.username}:${await hash(TEST_CREDENTIALS.password, 4)}\n`);
        config['auth'] = { htpasswd: { realm: 'testbed', path } };
      }
      if (auth === 'token') {
        const signer = await makeAuthority(directory, 'signer');
        tokens = await TokenServer.start({
          key: await readText(signer.key),
          certificate: await readText(signer.certificate),
          issuer: ISSUER,
          service: SERVICE,
          credentials: tokenNeedsLogin ? TEST_CREDENTIALS : undefined,
          lifetimeSeconds: tokenLifetimeSeconds,
        });
        config['auth'] = { token: { realm: tokens.realm, service: SERVICE, issuer: ISSUER, rootcertbundle: signer.certificate } };
      }
      // JSON is YAML.
      const path = join(directory, 'config.yml');
      await writeFile(path, JSON.stringify({ ...config, http }));
      const child = spawn(program, [...args, 'serve', path], { stdio: ['ignore', 'pipe', 'pipe'] });
      const port = await listening(child);
      const needsLogin = auth === 'basic' || (auth === 'token' && tokenNeedsLogin);
      return new TestRegistry(`127.0.0.1:${String(port)}`, ca, needsLogin ? TEST_CREDENTIALS : undefined, tokens, child, directory);
    } catch (error) {
      await tokens?.[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Where the registry keeps its blobs, for tests that damage them. */
  get storage(): string {
    return join(this.directory, 'storage', 'docker', 'registry', 'v2');
  }

  /** Pushes an image as `repository:tag`; @returns its full reference. */
  async push(name: string, image: TestImage): Promise<string> {
    const [repository = '', tag = 'latest'] = name.split(':');
    await pushImage(
      {
        base: `${this.ca === undefined ? 'http' : 'https'}://${this.host}`,
        ca: this.ca,
        repository,
        tag,
        authorization: this.#authorization(repository),
      },
      image,
    );
    return `${this.host}/${repository}:${tag}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = new Promise((resolve) => this.child.once('exit', resolve));
      this.child.kill('SIGKILL');
      await gone;
    }
    await this.tokens?.[Symbol.asyncDispose]();
    await rm(this.directory, { recursive: true, force: true });
  }

  #authorization(repository: string): string | undefined {
    if (this.tokens !== undefined) return `Bearer ${this.tokens.issue([`repository:${repository}:pull,push`])}`;
    if (this.credentials === undefined) return undefined;
    return `Basic ${Buffer.from(`${this.credentials.username}:${this.credentials.password}`).toString('base64')}`;
  }
}
