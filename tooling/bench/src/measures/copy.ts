import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BareVm } from '../bare/bare-vm.js';
import { interleave } from '../interleave.js';
import type { Measure } from '../measure.js';
import { rate, timed } from '../timed.js';

const LARGE_BYTES = 64 * 2 ** 20;
const SMALL_FILES = 10_000;
const SMALL_BYTES = 1000;
const SAME_BYTES = SMALL_FILES * SMALL_BYTES;

/** What is not the copy itself, so that each round begins alike. */
const cleared = async <T>(work: () => Promise<T>, clear: () => Promise<unknown>): Promise<T> => {
  try {
    return await work();
  } finally {
    await clear();
  }
};

export const copy: Measure = {
  name: 'copy',
  about: 'files copied into a Box and out of it, beside the same virtio channel without agent, gRPC and files',
  rounds: 5,
  run: async ({ lab, rounds, signal }) => {
    await using running = await lab.startBox(lab.embedded);
    await using bare = await BareVm.start(await lab.bareMachine(), signal);
    const { box } = running;
    const directory = await mkdtemp(join(tmpdir(), 'boxlite-bench-copy-'));
    try {
      const [large, same, small, out] = ['large', 'same', 'small', 'out'].map((name) => join(directory, name)) as [
        string,
        string,
        string,
        string,
      ];
      await writeFile(large, Buffer.alloc(LARGE_BYTES, 'boxlite '));
      await writeFile(same, Buffer.alloc(SAME_BYTES, 'boxlite '));
      await mkdir(small);
      await mkdir(out);
      for (let i = 0; i < SMALL_FILES; i += 1) await writeFile(join(small, String(i)), Buffer.alloc(SMALL_BYTES, i));
      const clearBox = () => box.run('sh', ['-c', 'rm -rf /in /untarred; sync'], { check: true });
      // Each copy out has a place of its own until the end: ext4 without a journal, as hosts may have it, passes over every inode that
      // was freed within the last minute, so that what a round removed would slow down the next one tenfold.
      let round = 0;

      const into = (from: string) => cleared(() => timed(() => box.copyIn(from, '/in')), clearBox);
      const outOf = (from: string) => timed(() => box.copyOut(from, join(out, String(round++))));
      /** What the same costs a program in the Box, without any copy into it or out. */
      const inBox = (script: string) => cleared(() => timed(() => box.run('sh', ['-c', script], { check: true })), clearBox);
      const perSecond = (bytes: number, took: Promise<number>) => took.then((ms) => bytes / 1e3 / ms);

      await box.copyIn(large, '/large');
      await box.copyIn(same, '/same');
      await box.copyIn(small, '/small');
      for (const path of ['/large', '/small']) await outOf(path);
      await box.run('tar', ['-cf', '/small.tar', '-C', '/', 'small'], { check: true });
      await bare.receive(SAME_BYTES);
      await bare.send(SAME_BYTES);
      const [largeIn, bareIn, largeOut, bareOut, smallIn, sameIn, smallOut, sameOut, untar, tar] = await interleave(
        rounds,
        [
          () => perSecond(LARGE_BYTES, into(large)),
          () => rate(LARGE_BYTES, () => bare.receive(LARGE_BYTES)),
          () => perSecond(LARGE_BYTES, outOf('/large')),
          () => rate(LARGE_BYTES, () => bare.send(LARGE_BYTES)),
          () => into(small),
          () => into(same),
          () => outOf('/small'),
          () => outOf('/same'),
          () => inBox('mkdir /untarred && tar -xf /small.tar -C /untarred'),
          () => inBox('tar -cf /dev/null -C / small'),
        ],
        signal,
      );
      return {
        warm: 'the VMs run, after each was copied once',
        rows: [
          {
            what: '64 MiB in',
            unit: 'MB/s',
            samples: largeIn,
            counterpart: { what: 'bare agent reads 64 MiB itself', samples: bareIn },
            aim: { ratio: 0.5 },
          },
          {
            what: '64 MiB out',
            unit: 'MB/s',
            samples: largeOut,
            counterpart: { what: 'bare agent writes 64 MiB itself', samples: bareOut },
            aim: { ratio: 0.5 },
          },
          {
            what: '10 000 files of 1 kB in',
            unit: 'ms',
            samples: smallIn,
            counterpart: { what: 'one file of 10 MB in', samples: sameIn },
            aim: { ratio: 2 },
          },
          {
            what: '10 000 files of 1 kB in',
            unit: 'ms',
            samples: smallIn,
            counterpart: { what: 'tar -x of them in the Box', samples: untar },
          },
          {
            what: '10 000 files of 1 kB out',
            unit: 'ms',
            samples: smallOut,
            counterpart: { what: 'one file of 10 MB out', samples: sameOut },
            aim: { ratio: 2 },
          },
          {
            what: '10 000 files of 1 kB out',
            unit: 'ms',
            samples: smallOut,
            counterpart: { what: 'tar -c of them in the Box', samples: tar },
          },
        ],
      };
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};
