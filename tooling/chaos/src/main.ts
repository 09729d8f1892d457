/** `./dev chaos`: see `options.ts` for what it does and takes. */
import { randomInt } from 'node:crypto';
import { cp, lstat, mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BoxliteRuntime } from '@boxlite/core';
import { missingPrograms } from '@boxlite/testbed';
import { checkHome } from './check/check-home.js';
import { leftBehind, mounts } from './check/left-behind.js';
import { strayProcesses } from './check/stray-processes.js';
import { Ledger } from './ledger/ledger.js';
import { HELP, type Options, readOptions, UsageError } from './options.js';
import { buildFaults } from './place/build-faults.js';
import { currentPlace, type Place, runInPlace, whyNoPlace } from './place/place.js';
import { startRegistry } from './registry.js';
import { runRound } from './run-round.js';
import { Random } from './script/random.js';
import { writeScript } from './script/write-script.js';
import { WorkerPool } from './worker/worker-pool.js';

const say = (line: string): void => {
  process.stderr.write(`[chaos] ${line}\n`);
};

/** Makes the template, as the first start in a home does, so that rounds are about what comes after it. */
const warmUp = async (home: string): Promise<void> => {
  await using runtime = await BoxliteRuntime.open({ home });
  const box = await runtime.create({ memoryMib: 128, diskSizeMib: 64, capabilities: { add: ['SYS_TIME'] } });
  await box.run('true', [], { check: true });
  await box.remove({ force: true });
};

const keep = async (place: Place, name: string, text: string): Promise<string> => {
  const kept = await mkdtemp(join(dirname(place.root), `boxlite-chaos-kept-${name}-`));
  await writeFile(join(kept, 'round.txt'), text);
  await cp(place.home, join(kept, 'home'), {
    recursive: true,
    filter: async (path) => !path.endsWith('/memory') && !(await lstat(path)).isSocket(),
  });
  return kept;
};

/** What has to succeed now and then, or the rounds show nothing. */
const KINDS = ['write', 'exec', 'start', 'stop', 'remove', 'clone', 'snapshot', 'restore', 'pull'] as const;

/** Minutes of rounds without a word would look like a hang. */
const ROUNDS_A_WORD = 10;

/** So many rounds have some of each. */
const TELLING_ROUNDS = 20;

const runRounds = async (place: Place, { seed, rounds, from, verbose }: Options): Promise<boolean> => {
  await warmUp(place.home);
  const mounted = mounts();
  const ledger = new Ledger();
  await using registry = await startRegistry();
  await using pool = new WorkerPool(place, 2);
  const begun = performance.now();
  const seconds = (): string => `${String(Math.round((performance.now() - begun) / 1_000))} s`;
  for (let round = from; round < from + rounds; round += 1) {
    const script = writeScript(seed, round);
    const lines: string[] = [];
    const tell = (line: string): void => {
      lines.push(line);
      if (verbose) say(line);
    };
    if (verbose) say(`round ${String(round)}`);
    const wrong = await runRound({ place, pool, ledger, images: registry.images, tell }, script);
    const random = new Random(seed, round, 1);
    pool.fill();
    if (wrong.length === 0)
      wrong.push(
        ...(await checkHome(place, ledger, random).catch((error: unknown) => [
          `the home cannot be used: ${(error as Error).stack ?? String(error)}`,
        ])),
      );
    if (wrong.length === 0) wrong.push(...(await strayProcesses(place, pool)), ...(await leftBehind(place, mounted, ledger.ids)));
    if (wrong.length === 0) {
      const done = round - from + 1;
      if (done % ROUNDS_A_WORD === 0 && done < rounds) say(`${String(done)} of ${String(rounds)} rounds, ${seconds()}`);
      continue;
    }
    const text = [`seed ${String(seed)}, round ${String(round)}`, JSON.stringify(script, null, 2), ...lines, ...wrong, ''].join('\n');
    const kept = await keep(place, `${String(seed)}-${String(round)}`, text);
    say(text);
    say(`round ${String(round)} failed; the home and all of the above are in ${kept}`);
    say(`again: ./dev chaos --seed ${String(seed)} --from ${String(round)} --rounds 1`);
    return false;
  }
  const counts = KINDS.map((kind) => [kind, ledger.succeeded.get(kind) ?? 0] as const);
  say(`what succeeded: ${counts.map(([kind, count]) => `${kind} ${String(count)}`).join(', ')}`);
  const idle = counts.filter(([, count]) => count === 0).map(([kind]) => kind);
  if (rounds >= TELLING_ROUNDS && idle.length > 0) {
    say(`seed ${String(seed)}: nothing of this kind ever succeeded, so nothing is shown: ${idle.join(', ')}`);
    return false;
  }
  say(`${String(rounds)} rounds in ${seconds()}, seed ${String(seed)}: nothing lost, nothing left behind`);
  return true;
};

try {
  const options = readOptions(process.argv.slice(2), () => randomInt(2 ** 32));
  if (options === undefined) process.stdout.write(HELP);
  else {
    const place = await currentPlace();
    if (place !== undefined) process.exitCode = (await runRounds(place, options)) ? 0 : 1;
    else {
      const whyNot = missingPrograms('unshare', 'mount', 'fallocate', 'e2fsck', 'debugfs', 'cargo') ?? whyNoPlace();
      if (whyNot !== undefined) say(`skipped: ${whyNot}`);
      else {
        say(`seed ${String(options.seed)}`);
        process.exitCode = await runInPlace(await buildFaults(), ['--seed', String(options.seed)]);
      }
    }
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  say(error.message);
  process.exitCode = 2;
}
