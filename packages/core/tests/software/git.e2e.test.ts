import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sh } from '../e2e/support/boxes.js';
import { notAsked } from '../e2e/support/long.js';
import { useBox } from '../e2e/support/one-box.js';
import { software } from '../e2e/support/software.js';

const CHECKOUT = new URL('../../../..', `file://${__filename}`).pathname;

/** Git as any user may use it on the checkout, whoever owns that. */
const git = (...args: string[]): string => execFileSync('git', ['-C', CHECKOUT, '-c', 'safe.directory=*', ...args], { encoding: 'utf8' });

const whyNot = (): string | undefined => {
  try {
    if (git('rev-parse', '--is-shallow-repository').trim() === 'true') return 'this checkout has not the whole history';
    return undefined;
  } catch (error) {
    return `this checkout's repository cannot be read: ${String(error)}`;
  }
};

const skipped = notAsked ?? whyNot();
if (skipped !== undefined) console.warn(`skipped: ${skipped}`);

(skipped === undefined ? describe : describe.skip)('git, on the repository of BoxLite', () => {
  const one = useBox(software);

  it('clones, commits, packs, and finds everything whole', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'boxlite-bundle-'));
    try {
      // Git wants a branch to be cloned, and a checkout of CI may be on none.
      const bundle = join(directory, 'repository');
      git('bundle', 'create', '--quiet', bundle, 'HEAD');
      await one.box.copyIn(bundle, '/root/repository.bundle');
    } finally {
      await rm(directory, { recursive: true });
    }
    const script = `set -e
      git config --global user.name You && git config --global user.email you@example.com
      git clone --quiet --no-checkout repository.bundle work && cd work
      git checkout --quiet --detach $(git bundle list-heads ../repository.bundle | cut -d' ' -f1)
      test -z "$(git status --porcelain)"
      git rev-parse HEAD HEAD^{tree}
      mkdir new && seq 2000 >new/file && git mv LICENSE new/license && git add new && git commit --quiet -m 'A commit in a Box'
      git branch side HEAD~1 && git checkout --quiet side && echo x >other && git add other && git commit --quiet -m side
      git merge --quiet --no-edit - && git gc --quiet --aggressive --prune=now
      git fsck --strict --full 2>&1 | grep -v dangling || true
      git clone --quiet . ../again && git -C ../again log -1 --format=%P | wc -w
      git count-objects -v | grep -E '^(count|packs|garbage)'`;
    const lines = (await sh(one.box, script, { timeoutMs: 170_000 })).split('\n');
    expect(lines.slice(0, 2)).toEqual(git('rev-parse', 'HEAD', 'HEAD^{tree}').trim().split('\n'));
    expect(lines.slice(2)).toEqual(['2', 'count: 0', 'packs: 1', 'garbage: 0']);
  });
});
