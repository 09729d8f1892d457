import { proxyFor } from './proxy.js';

const through = (url: string, environment: Record<string, string>) => proxyFor(new URL(url), environment);
const PROXY = { HTTPS_PROXY: 'http://proxy:3128', HTTP_PROXY: 'plain:80' };

describe('proxyFor', () => {
  it('chooses by the scheme and completes a bare host', () => {
    expect(through('https://ghcr.io/v2/', PROXY)).toBe('http://proxy:3128');
    expect(through('http://ghcr.io/v2/', PROXY)).toBe('http://plain:80');
    expect(through('https://ghcr.io/v2/', {})).toBeUndefined();
    expect(through('https://ghcr.io/v2/', { ...PROXY, https_proxy: 'http://other' })).toBe('http://other');
  });

  it('never takes a proxy to this machine', () => {
    for (const host of ['localhost:5000', '127.0.0.1:5000', '127.1.2.3', '[::1]:5000'])
      expect(through(`https://${host}/`, PROXY)).toBeUndefined();
  });

  it.each([
    ['*', true],
    ['example.com', true],
    ['.example.com', true],
    ['*.example.com', true],
    ['ample.com', false],
    ['example.com:8443', true],
    ['example.com:443', false],
    ['other.com, example.com', true],
    ['other.com', false],
  ])('reads NO_PROXY=%s for r.example.com:8443', (entry, exempt) => {
    expect(through('https://r.example.com:8443/', { ...PROXY, NO_PROXY: entry }) === undefined).toBe(exempt);
  });

  it.each([
    ['10.0.0.0/8', true],
    ['10.1.2.3', true],
    ['11.0.0.0/8', false],
    ['10.0.0.0/99', false],
    ['fe80::/10', false],
  ])('reads NO_PROXY=%s for 10.1.2.3', (entry, exempt) => {
    expect(through('https://10.1.2.3/', { ...PROXY, NO_PROXY: entry }) === undefined).toBe(exempt);
  });
});
