import { debianImage } from './debian/debian-image.js';
import { smallImage } from './image/build-image.js';
import { TestRegistry, type TestRegistryOptions } from './registry/test-registry.js';

/** Starts a registry of each kind with images in it, prints how they are reached, and keeps them until Ctrl-C. */
const VARIANTS: Readonly<Record<string, TestRegistryOptions>> = {
  plain: {},
  basic: { auth: 'basic' },
  token: { auth: 'token' },
  tls: { tls: true },
};

const small = await smallImage();
console.log('Making the Debian image; the first time this takes about a minute.');
const { image, layout } = await debianImage();
console.log(`Debian image as OCI layout: ${layout}`);

const registries = await Promise.all(
  Object.entries(VARIANTS).map(async ([name, options]) => {
    const registry = await TestRegistry.start(options);
    const references = [await registry.push('debian:testbed', image), await registry.push('small:1', small)];
    const login =
      registry.credentials === undefined ? '' : `  user ${registry.credentials.username}, password ${registry.credentials.password}`;
    console.log(`${name.padEnd(6)} ${references.join('  ')}${login}`);
    if (registry.ca !== undefined) console.log(registry.ca);
    return registry;
  }),
);

const stop = async (): Promise<void> => {
  await Promise.all(registries.map((registry) => registry[Symbol.asyncDispose]()));
  process.exit(0);
};
process.once('SIGINT', () => void stop());
process.once('SIGTERM', () => void stop());
console.log('Ctrl-C ends them.');
