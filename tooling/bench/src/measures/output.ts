import type { Readable } from 'node:stream';
import type { Execution } from '@boxlite/core';
import { BareVm } from '../bare/bare-vm.js';
import { startFakeAgent } from '../fake-agent/fake-agent.js';
import { interleave } from '../interleave.js';
import type { Measure } from '../measure.js';
import { rate } from '../timed.js';

const BYTES = 64 * 2 ** 20;
const WARM_UP_BYTES = 4 * 2 ** 20;

/** A program and its arguments. */
type Command = readonly [string, ...string[]];

/** Commands that print so many bytes: in blocks of 64 KiB, and of 4 KiB, which is how busybox's `head` writes. */
const dd = (bytes: number): Command => ['dd', 'if=/dev/zero', 'bs=65536', `count=${String(bytes / 65536)}`, 'status=none'];
const head = (bytes: number): Command => ['head', '-c', String(bytes), '/dev/zero'];
/** In small blocks it is slow, and a quarter is enough to see the rate. */
const HEAD_BYTES = BYTES / 4;

/** Reads a stream to its end without keeping it. */
const count = async (stream: Readable): Promise<number> => {
  let bytes = 0;
  for await (const chunk of stream) bytes += (chunk as Buffer).length;
  return bytes;
};

const readAll = async (execution: Execution, expected: number): Promise<void> => {
  const bytes = await count(execution.stdout);
  const { exitCode } = await execution.wait();
  if (bytes !== expected || exitCode !== 0)
    throw new Error(`${String(bytes)} bytes of ${String(expected)} came, exit code ${String(exitCode)}`);
};

export const output: Measure = {
  name: 'output',
  about: 'a command’s stdout read to its end, beside the same virtio channel without agent and gRPC',
  rounds: 5,
  run: async ({ lab, rounds, signal }) => {
    await using running = await lab.startBox(lab.embedded);
    await using bare = await BareVm.start(await lab.bareMachine(), signal);
    await using fake = await startFakeAgent();

    const inBox = async (bytes: number, [program, ...args]: Command) => readAll(await running.box.exec(program, args), bytes);
    const fromHost = async (bytes: number) => readAll(await fake.session.exec('send', [String(bytes)]), bytes);

    for (const command of [dd, head]) {
      await inBox(WARM_UP_BYTES, command(WARM_UP_BYTES));
      await bare.pour(WARM_UP_BYTES, ...command(WARM_UP_BYTES));
    }
    await bare.send(WARM_UP_BYTES);
    await fromHost(WARM_UP_BYTES);
    const [boxDd, bareDd, bareSend, boxHead, bareHead, host] = await interleave(
      rounds,
      [
        () => rate(BYTES, () => inBox(BYTES, dd(BYTES))),
        () => rate(BYTES, () => bare.pour(BYTES, ...dd(BYTES))),
        () => rate(BYTES, () => bare.send(BYTES)),
        () => rate(HEAD_BYTES, () => inBox(HEAD_BYTES, head(HEAD_BYTES))),
        () => rate(HEAD_BYTES, () => bare.pour(HEAD_BYTES, ...head(HEAD_BYTES))),
        () => rate(BYTES, () => fromHost(BYTES)),
      ],
      signal,
    );
    return {
      warm: 'the VMs run, after 4 MiB of each',
      rows: [
        {
          what: 'dd bs=64k count=1024',
          unit: 'MB/s',
          samples: boxDd,
          counterpart: { what: 'the same into the bare port', samples: bareDd },
        },
        { what: 'the same', unit: 'MB/s', samples: boxDd, counterpart: { what: 'bare agent writes 64 MiB itself', samples: bareSend } },
        {
          what: 'head -c 16M (blocks of 4 KiB)',
          unit: 'MB/s',
          samples: boxHead,
          counterpart: { what: 'the same into the bare port', samples: bareHead },
        },
        { what: 'host’s side alone (no VM), 64 MiB', unit: 'MB/s', samples: host },
      ],
    };
  },
};
