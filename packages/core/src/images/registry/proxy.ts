import { BlockList, isIP } from 'node:net';
import { isLoopback } from './loopback.js';

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_PORT: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

const variable = (environment: Environment, name: string): string | undefined =>
  environment[name.toLowerCase()] || environment[name] || undefined;

const inSubnet = (address: string, subnet: string): boolean => {
  const [network = '', prefix = ''] = subnet.split('/');
  const family = isIP(network);
  if (family === 0 || isIP(address) !== family || !/^[0-9]{1,3}$/.test(prefix) || Number(prefix) > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  const type = family === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(network, Number(prefix), type);
  return list.check(address, type);
};

/** One entry of NO_PROXY: `*`, a name (its subdomains too), an address, a subnet; names and addresses with an optional port. */
const isExempt = (entry: string, host: string, port: string): boolean => {
  if (entry === '*') return true;
  if (entry.includes('/')) return inSubnet(host, entry);
  if (isIP(entry) !== 0) return entry === host;
  const match = /^(.*?)(?::([0-9]+))?$/.exec(entry);
  if (match?.[2] !== undefined && match[2] !== port) return false;
  const name = (match?.[1] ?? '').replace(/^\*/, '').replace(/^\[(.*)\]$/, '$1');
  const bare = name.replace(/^\./, '');
  return bare !== '' && (host === bare || host.endsWith(`.${bare}`));
};

/**
 * The proxy that the environment names for a URL (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, lower case first), as curl and Docker read it.
 * This machine itself is never reached through a proxy.
 */
export const proxyFor = (url: URL, environment: Environment = process.env): string | undefined => {
  if (isLoopback(url.host)) return undefined;
  const proxy = variable(environment, url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (proxy === undefined) return undefined;
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  const port = url.port || (DEFAULT_PORT[url.protocol] ?? '');
  const exempt = (variable(environment, 'NO_PROXY') ?? '')
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && isExempt(entry.toLowerCase(), host, port));
  if (exempt) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
};
