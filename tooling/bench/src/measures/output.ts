import type { Readable } from 'node:stream';
import type { Execution } from '@boxlite/core';
import { BareVm } from '../bare/bare-vm.js';
import { startFakeAgent } from '../fake-agent/fake-agent.js';
import { interleave } from '../interleave.js';
import type { Measure } from '../measure.js';
import { rate } from '../timed.js';

const BYTES = 64 * 2 ** 20;
/** Through a pipe in blocks of 4 KiB; enough to see the rate. */
const CAT_BYTES = BYTES / 4;
const WARM_UP_BYTES = 4 * 2 ** 20;
const BLOCK = 64 * 1024;

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
    const { box } = running;

    const head = async (bytes: number) => readAll(await box.exec('head', ['-c', String(bytes), '/dev/zero']), bytes);
    const dd = async (bytes: number) =>
      readAll(await box.exec('dd', ['if=/dev/zero', `bs=${String(BLOCK)}`, `count=${String(bytes / BLOCK)}`, 'status=none']), bytes);
    const send = async (bytes: number) => readAll(await fake.session.exec('send', [String(bytes)]), bytes);

    for (const run of [head, dd, send]) await run(WARM_UP_BYTES);
    await bare.cat(WARM_UP_BYTES);
    await bare.send(WARM_UP_BYTES);
    const [inBox, bareCat, blocks, bareSend, host] = await interleave(
      rounds,
      [
        () => rate(CAT_BYTES, () => head(CAT_BYTES)),
        () => rate(CAT_BYTES, () => bare.cat(CAT_BYTES)),
        () => rate(BYTES, () => dd(BYTES)),
        () => rate(BYTES, () => bare.send(BYTES)),
        () => rate(BYTES, () => send(BYTES)),
      ],
      signal,
    );
    return {
      warm: 'the VMs run, after 4 MiB of each',
      rows: [
        {
          what: 'head -c 16M /dev/zero',
          unit: 'MB/s',
          samples: inBox,
          counterpart: { what: 'the same into the bare port', samples: bareCat },
        },
        {
          what: 'dd bs=64k count=1024',
          unit: 'MB/s',
          samples: blocks,
          counterpart: { what: 'bare agent writes 64 MiB itself', samples: bareSend },
        },
        { what: 'host’s side alone (no VM), 64 MiB', unit: 'MB/s', samples: host },
      ],
    };
  },
};
