/** The terms of what is bundled, which go with it. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Options } from 'tsup';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

interface Bundled {
  title: string;
  terms: string;
}

const describe = (directory: string): Bundled => {
  const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Record<string, string>;
  const files = readdirSync(directory).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  if (license === undefined && files.length === 0) throw new Error(`${String(name)} is bundled, and does not say on what terms`);
  const texts = files.sort().map((file) => readFileSync(join(directory, file), 'utf8').trim());
  return { title: `${String(name)} ${String(version)}`, terms: [`Licence: ${license ?? 'see below'}`, ...texts].join('\n\n') };
};

/** Writes the names, versions and licences of all packages in a bundle beside it; of all bundles that are built with the same plugin. */
export const thirdParty = (file: string): Plugin => {
  const found = new Set<string>();
  return {
    name: 'third-party',
    setup: (build) => {
      build.initialOptions.metafile = true;
      build.onEnd(({ metafile }) => {
        const directories = Object.keys(metafile?.inputs ?? {}).flatMap(
          (path) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [],
        );
        for (const directory of directories) found.add(directory);
        const packages = [...found].map(describe).sort((a, b) => a.title.localeCompare(b.title));
        const parts = packages.map(({ title, terms }) => `${'='.repeat(100)}\n${title}\n\n${terms}\n`);
        // It comes before the first output.
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, `These packages of other authors are part of this program, each on its own terms.\n\n${parts.join('\n')}`);
      });
    },
  };
};
