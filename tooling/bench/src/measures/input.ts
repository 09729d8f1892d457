import { once } from 'node:events';
import type { Execution } from '@boxlite/core';
import { BareVm } from '../bare/bare-vm.js';
import { startFakeAgent } from '../fake-agent/fake-agent.js';
import { interleave } from '../interleave.js';
import type { Measure } from '../measure.js';
import { rate } from '../timed.js';

const BYTES = 64 * 2 ** 20;
const WARM_UP_BYTES = 4 * 2 ** 20;
const CHUNK = Buffer.alloc(64 * 1024);

const writeAll = async (execution: Execution, bytes: number): Promise<void> => {
  const { stdin } = execution;
  for (let left = bytes; left > 0; left -= CHUNK.length) {
    if (!stdin.write(CHUNK)) await once(stdin, 'drain');
  }
  stdin.end();
  const { exitCode } = await execution.wait();
  if (exitCode !== 0) throw new Error(`the reader ended with ${String(exitCode)}`);
};

export const input: Measure = {
  name: 'input',
  about: 'a command’s stdin written to its end, beside the same virtio channel without agent and gRPC',
  rounds: 5,
  run: async ({ lab, rounds, signal }) => {
    await using running = await lab.startBox(lab.embedded);
    await using bare = await BareVm.start(await lab.bareMachine(), signal);
    await using fake = await startFakeAgent();

    const cat = async (bytes: number) => writeAll(await running.box.exec('sh', ['-c', 'cat >/dev/null'], { stdin: 'pipe' }), bytes);
    const receive = async (bytes: number) => writeAll(await fake.session.exec('receive', [String(bytes)], { stdin: 'pipe' }), bytes);

    for (const run of [cat, receive, (bytes: number) => bare.receive(bytes)]) await run(WARM_UP_BYTES);
    const [inBox, bareReceive, host] = await interleave(
      rounds,
      [() => rate(BYTES, () => cat(BYTES)), () => rate(BYTES, () => bare.receive(BYTES)), () => rate(BYTES, () => receive(BYTES))],
      signal,
    );
    return {
      warm: 'the VMs run, after 4 MiB of each',
      rows: [
        {
          what: '64 MiB to cat >/dev/null',
          unit: 'MB/s',
          samples: inBox,
          counterpart: { what: 'bare agent reads 64 MiB itself', samples: bareReceive },
        },
        { what: 'host’s side alone (no VM)', unit: 'MB/s', samples: host },
      ],
    };
  },
};
