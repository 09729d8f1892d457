import { request } from 'undici';
import { buildIndex, smallImage } from '../image/build-image.js';
import { missingPrograms } from '../host/programs.js';
import { TestRegistry } from './test-registry.js';

const missing = missingPrograms('docker-registry', 'openssl');
if (missing !== undefined) console.warn(`registry tests are skipped: ${missing}`);
const suite = missing === undefined ? describe : describe.skip;

suite('TestRegistry', () => {
  it.each([{}, { auth: 'basic' }, { auth: 'token' }, { tls: true }, { auth: 'token', tls: true }] as const)(
    'takes images with %j',
    async (options) => {
      await using registry = await TestRegistry.start(options);
      const image = buildIndex([await smallImage(), await smallImage({ architecture: 'arm64' })]);
      expect(await registry.push('group/small:1', image)).toBe(`${registry.host}/group/small:1`);
    },
  );

  it('lets nobody in without a name where it should not', async () => {
    for (const auth of ['basic', 'token'] as const) {
      await using registry = await TestRegistry.start({ auth });
      const { statusCode, headers, body } = await request(`http://${registry.host}/v2/`);
      await body.dump();
      expect(statusCode).toBe(401);
      expect(headers['www-authenticate']).toMatch(auth === 'basic' ? /^Basic / : /^Bearer realm=/);
    }
  });
});
