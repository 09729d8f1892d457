import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BoxOptions, LiteBox } from '@boxlite/core';
import { BareVm } from '../bare/bare-vm.js';
import { interleave } from '../interleave.js';
import type { Measure, MeasureContext } from '../measure.js';
import type { Row } from '../report/row.js';
import { startAndRemove } from '../starts/first-exec.js';
import { untilImageTemplate } from '../starts/templates-ready.js';
import { rate } from '../timed.js';

const MIB = 2 ** 20;
const BYTES = 64 * MIB;
const SMALL_FILES = 200;

const sh = async (box: LiteBox, script: string): Promise<void> => {
  await box.run('sh', ['-c', script], { check: true });
};

/** Writes to the host's disk or at least to the host; reads what the guest has no page of. */
const write = (box: LiteBox, directory: string) =>
  sh(box, `dd if=/dev/zero of=${directory}/bytes bs=1M count=${String(BYTES / MIB)} conv=fsync 2>/dev/null`);
const read = (box: LiteBox, directory: string) =>
  sh(box, `echo 3 > /proc/sys/vm/drop_caches; dd if=${directory}/bytes of=/dev/null bs=1M 2>/dev/null`);
const smallFiles = (box: LiteBox, directory: string) =>
  sh(
    box,
    `mkdir ${directory}/many; cd ${directory}/many; n=0; while [ $n -lt ${String(SMALL_FILES)} ]; do echo $n > $n; n=$((n+1)); done; cat * >/dev/null; cd ..; rm -r many`,
  );

/** Starts of a Box with volumes and of one without, in turns. */
const starts = async ({ lab, rounds, signal }: MeasureContext, host: string): Promise<Row[]> => {
  await using runtime = await lab.openRuntime();
  const variants: [string, BoxOptions][] = [
    ['a directory of the host', { volumes: [{ hostPath: host, boxPath: '/host' }] }],
    ['a named volume', { volumes: [{ name: 'bench', boxPath: '/named' }] }],
    ['20 directories', { volumes: Array.from({ length: 20 }, (_, n) => ({ hostPath: host, boxPath: `/host/${String(n)}` })) }],
  ];
  const plain = lab.embedded.options;
  for (const [, options] of variants) await untilImageTemplate(runtime, { ...plain, ...options }, signal);
  await untilImageTemplate(runtime, plain, signal);
  const start = (options: BoxOptions) => async () => (await startAndRemove(runtime, { ...plain, ...options })).totalMs;
  const [without, ...withOnes] = await interleave(rounds, [start({}), ...variants.map(([, options]) => start(options))], signal);
  return variants.map(([what], index) => ({
    what: `create → true, ${what}`,
    unit: 'ms',
    samples: withOnes[index] ?? [],
    counterpart: { what: 'no volume', samples: without ?? [] },
  }));
};

const throughput = async ({ lab, rounds, signal }: MeasureContext, host: string): Promise<Row[]> => {
  const volumes = [
    { hostPath: host, boxPath: '/host' },
    { name: 'bench', boxPath: '/named' },
  ];
  await using running = await lab.startBox({
    name: 'with volumes',
    options: { ...lab.embedded.options, capabilities: { add: ['ALL'] }, volumes },
  });
  await using bare = await BareVm.start(await lab.bareMachine(), signal);
  const { box } = running;
  const places = ['/host', '/named', '/disk'];
  await sh(box, 'mkdir -p /disk; mount -o remount,bind,rw /proc/sys');
  for (const place of places) {
    await write(box, place);
    await read(box, place);
    await smallFiles(box, place);
  }
  await bare.send(4 * MIB);
  const works = [
    ...places.map((place) => () => rate(BYTES, () => write(box, place))),
    ...places.map((place) => () => rate(BYTES, () => read(box, place))),
    () => rate(BYTES, () => bare.send(BYTES)),
  ];
  const samples = await interleave(rounds, works, signal);
  const files = await interleave(
    rounds,
    places.map((place) => async () => {
      const begin = performance.now();
      await smallFiles(box, place);
      return performance.now() - begin;
    }),
    signal,
  );
  const at = (index: number): number[] => samples[index] ?? [];
  const row = (what: string, index: number, other: string, than: number): Row => ({
    what,
    unit: 'MB/s',
    samples: at(index),
    counterpart: { what: other, samples: at(than) },
  });
  return [
    row('write 64 MiB, directory of the host', 0, 'Box’s disk', 2),
    row('write 64 MiB, named volume', 1, 'Box’s disk', 2),
    row('read 64 MiB, directory of the host', 3, 'Box’s disk', 5),
    row('read 64 MiB, named volume', 4, 'Box’s disk', 5),
    row('read 64 MiB, directory of the host', 3, 'a bare virtio-serial port', 6),
    ...['directory of the host', 'named volume'].map((what, index) => ({
      what: `${String(SMALL_FILES)} files made, read, removed, ${what}`,
      unit: 'ms' as const,
      samples: files[index] ?? [],
      counterpart: { what: 'Box’s disk', samples: files[2] ?? [] },
    })),
  ];
};

export const volume: Measure = {
  name: 'volume',
  about: 'volumes: reading and writing beside the Box’s own disk, starts beside those of a Box without',
  rounds: 10,
  run: async (context) => {
    const host = join(context.lab.home, 'shared');
    await mkdir(host, { recursive: true });
    await writeFile(join(host, 'file'), '');
    const rows = [...(await throughput(context, host)), ...(await starts(context, host))];
    return { warm: 'the VM runs, after one round of each; templates made and used', rows };
  },
};
