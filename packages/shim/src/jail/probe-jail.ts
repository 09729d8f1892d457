import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shimProgram } from '../assets.js';
import { cgroupPlan } from '../cgroup/vm-cgroup.js';
import { ENGINE_LOG } from '../engine/files.js';
import { spawnShim } from '../launch/spawn-shim.js';
import type { JailReport } from './jail-report.js';
import { jailPolicy } from './policy.js';

let probed: Promise<JailReport> | undefined;

/**
 * Which layers of the jail this host lets a VM's process have: tried with the shim itself in the VMM's place, once in this process. A failure is
 * not kept.
 * @throws BoxliteError as `ShimController.launch`.
 */
export const probeJail = (): Promise<JailReport> => {
  if (probed !== undefined) return probed;
  const probe = tryJail();
  probed = probe;
  probe.catch(() => (probed = undefined));
  return probe;
};

const tryJail = async (): Promise<JailReport> => {
  const directory = await mkdtemp(join(tmpdir(), 'boxlite-jail-'));
  try {
    const { process: engine, jail } = await spawnShim(shimProgram(), {
      version: 1,
      directory,
      program: shimProgram(),
      args: [shimProgram()],
      env: {},
      sockets: [],
      logs: [],
      inputs: [],
      links: [],
      named: [],
      readable: [shimProgram()],
      devices: ['/dev/null'],
      share: null,
      newFiles: false,
      errorLog: ENGINE_LOG,
      owner: process.pid,
      nice: 0,
      cgroup: cgroupPlan({ directory, accelerator: 'tcg', cpus: 1, memoryMib: 64 }, false),
      ...jailPolicy({ accelerator: 'tcg', disks: [] }),
    });
    // Without a plan it ends at once.
    await engine.exited;
    return jail;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};
