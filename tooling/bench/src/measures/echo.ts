import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentSession, guestImage } from '@boxlite/agent';
import { chooseAccelerator, ShimController } from '@boxlite/shim';
import { BareVm } from '../bare/bare-vm.js';
import { startFakeAgent } from '../fake-agent/fake-agent.js';
import { interleave } from '../interleave.js';
import type { Measure } from '../measure.js';
import { timed } from '../timed.js';

const WARM_UP = 100;
const MEMORY_MIB = 512;
const PAYLOAD = 'sixteen bytes ok';

/** A VM with an agent and nothing else: a Box keeps its session to itself, and the round trip needs no container. */
const startAgent = async (signal: AbortSignal): Promise<AsyncDisposable & { session: AgentSession }> => {
  const directory = await mkdtemp(join(tmpdir(), 'boxlite-echo-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    const { kernel, initramfs } = await guestImage();
    const { accelerator } = await chooseAccelerator('auto', 'any');
    const spec = { directory, cpus: 1, memoryMib: MEMORY_MIB, kernel, initramfs, disks: [], detach: false, accelerator };
    const vm = await ShimController.launch(spec, { signal });
    try {
      const session = await AgentSession.connect(vm.portalSocket, { signal, firstBoot: true });
      return {
        session,
        async [Symbol.asyncDispose]() {
          session.close();
          await vm.kill();
          await remove();
        },
      };
    } catch (error) {
      await vm.kill();
      throw error;
    }
  } catch (error) {
    await remove();
    throw error;
  }
};

export const echo: Measure = {
  name: 'echo',
  about: 'round trip to the agent through gRPC, beside a line to the bare agent',
  rounds: 1000,
  run: async ({ lab, rounds, signal }) => {
    const machine = await lab.bareMachine();
    await using agent = await startAgent(signal);
    await using bare = await BareVm.start(machine, signal);
    await using fake = await startFakeAgent();
    const payload = Buffer.from(PAYLOAD);
    const contenders = [
      () => timed(() => agent.session.ping(payload)),
      () => timed(() => bare.echo(PAYLOAD)),
      () => timed(() => fake.session.ping(payload)),
    ] as const;
    await interleave(WARM_UP, contenders, signal);
    const [ping, line, host] = await interleave(rounds, contenders, signal);
    const what = 'ping, 16 bytes';
    return {
      warm: `the VMs run, after ${String(WARM_UP)} round trips`,
      rows: [
        { what, unit: 'ms', samples: ping, counterpart: { what: 'bare VM, a line', samples: line } },
        { what, unit: 'ms', samples: ping, counterpart: { what: 'host’s side alone (no VM)', samples: host } },
      ],
    };
  },
};
