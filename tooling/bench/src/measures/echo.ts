import { BareVm } from '../bare/bare-vm.js';
import { bootAgent } from '../box/agent-vm.js';
import { startFakeAgent } from '../fake-agent/fake-agent.js';
import { interleave } from '../interleave.js';
import type { Measure } from '../measure.js';
import { timed } from '../timed.js';

const WARM_UP = 100;
const MEMORY_MIB = 512;
const PAYLOAD = 'sixteen bytes ok';

export const echo: Measure = {
  name: 'echo',
  about: 'round trip to the agent through gRPC, beside a line to the bare agent',
  rounds: 1000,
  run: async ({ lab, rounds, signal }) => {
    const machine = await lab.bareMachine();
    await using agent = await bootAgent(MEMORY_MIB, signal);
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
