import { readFile, stat } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import type { EngineInfo, MachineSpec } from '../engine.js';
import { qemuCommand } from './command-line.js';

/** The machine's command line without the paths in it, the program that runs it, and the processor where the guest sees the host's. */
export const qemuIdentity = async (machine: MachineSpec, info: EngineInfo): Promise<readonly string[]> => {
  const shape: MachineSpec = {
    ...machine,
    kernel: 'kernel',
    initramfs: 'initramfs',
    memory: { kind: 'file', path: 'memory', shared: false },
    state: undefined,
    share: machine.share === undefined ? undefined : { mounts: [], owner: { user: 0, group: 0 } },
    disks: machine.disks.map(({ readOnly }) => ({ layers: [], readOnly, sizeBytes: 0 })),
  };
  const { args } = qemuCommand(shape, { ...info, program: 'qemu', programArgs: [] });
  const { size, mtimeMs } = await stat(info.path);
  const engine = ['qemu', info.version, String(size), String(mtimeMs)];
  return machine.accelerator === 'tcg' ? [...engine, ...args] : [...engine, ...args, ...(await hostProcessor())];
};

const hostProcessor = async (): Promise<string[]> => {
  const flags = await readFile('/proc/cpuinfo', 'utf8').then(
    (text) => /^flags\s*:.*$/m.exec(text)?.[0] ?? '',
    () => '',
  );
  return [cpus()[0]?.model ?? '', release(), flags];
};
