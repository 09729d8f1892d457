import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BoxliteRuntime } from '@boxlite/core';
import { debianImage, missingPrograms, run, TestRegistry } from '@boxlite/testbed';
import { interleave } from '../interleave.js';
import type { Measure } from '../measure.js';

interface Times {
  fetch: number;
  unpack: number;
}

/** Gives a directory and takes it away; what removing costs is not timed. */
const inDirectory = async (work: (directory: string) => Promise<Times>): Promise<Times> => {
  const directory = await mkdtemp(join(tmpdir(), 'boxlite-image-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

const inSteps = async (fetch: () => Promise<unknown>, unpack: () => Promise<unknown>): Promise<Times> => {
  const begin = performance.now();
  await fetch();
  const fetched = performance.now();
  await unpack();
  return { fetch: fetched - begin, unpack: performance.now() - fetched };
};

/** Pulls and prepares into an empty home. */
const withBoxlite = (host: string, reference: string): Promise<Times> =>
  inDirectory(async (home) => {
    await using runtime = await BoxliteRuntime.open({ home, registries: [{ host, protocol: 'http' }] });
    let digest = '';
    return await inSteps(
      async () => ({ digest } = await runtime.images.pull(reference)),
      () => runtime.images.prepare({ digest }),
    );
  });

/** The same by the usual tools: an OCI layout, and a directory tree with a record of what is in it. */
const withTools = (reference: string): Promise<Times> =>
  inDirectory((directory) => {
    const layout = join(directory, 'layout');
    const rootless = process.getuid?.() === 0 ? [] : ['--rootless'];
    return inSteps(
      () => run('skopeo', ['--insecure-policy', 'copy', '--src-tls-verify=false', `docker://${reference}`, `oci:${layout}:image`]),
      () => run('umoci', ['unpack', ...rootless, '--image', `${layout}:image`, join(directory, 'bundle')]),
    );
  });

const rows = (box: readonly Times[], tools: readonly Times[]) =>
  (
    [
      ['pull and prepare', 'skopeo copy, umoci unpack', ({ fetch, unpack }: Times) => fetch + unpack],
      ['  of it pull', 'skopeo copy', ({ fetch }: Times) => fetch],
      ['  of it prepare', 'umoci unpack', ({ unpack }: Times) => unpack],
    ] as const
  ).map(([what, counterpart, pick]) => ({
    what,
    unit: 'ms' as const,
    samples: box.map(pick),
    counterpart: { what: counterpart, samples: tools.map(pick) },
  }));

export const image: Measure = {
  name: 'image',
  about: 'Debian image from a registry on this host to a root file system, beside skopeo and umoci',
  rounds: 5,
  run: async ({ rounds, signal }) => {
    const warm = 'the registry’s files in the page cache; every round starts with an empty home or directory';
    const missing = missingPrograms('docker-registry', 'skopeo', 'umoci');
    if (missing !== undefined) return { warm, rows: [], skipped: [missing] };
    const { image: debian } = await debianImage();
    await using registry = await TestRegistry.start();
    const reference = await registry.push('debian:bench', debian);
    const contenders = [() => withBoxlite(registry.host, reference), () => withTools(reference)] as const;
    await interleave(1, contenders, signal);
    const [box, tools] = await interleave(rounds, contenders, signal);
    return { warm, rows: rows(box, tools) };
  },
};
