import type { LiteBox } from '@boxlite/core';
import { BareVm } from '../bare/bare-vm.js';
import { interleave } from '../interleave.js';
import type { Measure } from '../measure.js';
import { rate } from '../timed.js';

const MIB = 2 ** 20;
/** Less than the bare VM's disk has. */
const BYTES = 48 * MIB;
const DEVICE = '/dev/vda';
const FILE = '/disk/bytes';

/** The same program on both sides: busybox's dd. */
const writing = (target: string, block: number): string[] => [
  'if=/dev/zero',
  `of=${target}`,
  `bs=${String(block)}`,
  `count=${String(BYTES / block)}`,
  'conv=fsync,notrunc',
];
const reading = (source: string, block: number): string[] => [
  `if=${source}`,
  'of=/dev/null',
  `bs=${String(block)}`,
  `count=${String(BYTES / block)}`,
];

const dd = async (box: LiteBox, args: readonly string[]): Promise<void> => {
  await box.run('dd', args, { check: true });
};

/** What the guest has in memory is not read from the disk. */
const forget = async (box: LiteBox): Promise<void> => {
  await box.run('sh', ['-c', 'echo 3 > /proc/sys/vm/drop_caches'], { check: true });
};

/** The Box's disk, file systems and layers included, beside the bare device. */
export const disk: Measure = {
  name: 'disk',
  about: 'the Box’s disk by way of its file system, beside the bare virtio device of a VM with the same kernel',
  rounds: 10,
  run: async ({ lab, rounds, signal }) => {
    await using running = await lab.startBox({ name: 'disk', options: { ...lab.embedded.options, capabilities: { add: ['ALL'] } } });
    await using bare = await BareVm.start(await lab.bareMachineWithBoxKernel(), signal);
    const { box } = running;
    await box.run('sh', ['-c', 'mkdir -p /disk; mount -o remount,bind,rw /proc/sys'], { check: true });
    const bareDd = async (args: readonly string[]): Promise<void> => {
      await bare.exec('dd', ...args);
    };
    const blocks = [MIB, 4096];
    await dd(box, writing(FILE, MIB));
    await bare.exec('dd', ...writing(DEVICE, MIB));
    const readBox = async (block: number): Promise<void> => dd(box, reading(FILE, block));
    const works = blocks.flatMap((block) => [
      () => rate(BYTES, () => dd(box, writing(FILE, block))),
      () => rate(BYTES, () => bareDd(writing(DEVICE, block))),
      async () => (await forget(box), rate(BYTES, () => readBox(block))),
      async () => {
        await bare.exec('blockdev', '--flushbufs', DEVICE);
        return rate(BYTES, () => bareDd(reading(DEVICE, block)));
      },
    ]);
    const samples = await interleave(rounds, works, signal);
    const rows = blocks.flatMap((block, index) =>
      (['written', 'read'] as const).map((done, at) => ({
        what: `${String(BYTES / MIB)} MiB ${done} in blocks of ${String(block / 1024)} KiB`,
        unit: 'MB/s' as const,
        samples: samples[4 * index + 2 * at] ?? [],
        counterpart: { what: 'bare device', samples: samples[4 * index + 2 * at + 1] ?? [] },
      })),
    );
    return { warm: 'both VMs run, after one round of writing; what is read is in the host’s page cache, not in the guest’s', rows };
  },
};
