/** What is known of one registry beyond its name. */
export interface RegistryOptions {
  /** As it stands in references: `docker.io`, `ghcr.io`, `localhost:5000`. */
  host: string;
  /**
   * `http` sends everything in the clear.
   * @defaultValue `https`; on `localhost`, `127.0.0.0/8` and `[::1]`, `https` and then `http`
   */
  protocol?: 'https' | 'http';
  /** @defaultValue what `docker login` has left in Docker's `config.json`, or none */
  credentials?: { username: string; password: string } | { identityToken: string };
  /** Certificates (PEM) to trust beside those that Node.js trusts. */
  ca?: string;
  /** Hosts asked before this one, in order; each may have an entry of its own. */
  mirrors?: readonly string[];
}
