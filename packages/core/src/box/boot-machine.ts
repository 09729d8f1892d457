import { access } from 'node:fs/promises';
import { AgentSession, guestImage } from '@boxlite/agent';
import { BoxliteError, type BoxLayout } from '@boxlite/shared';
import { type Accelerator, ShimController, type Vm, type VmExit, type VmRecord } from '@boxlite/shim';
import { formatDisk } from '@boxlite/vmm';
import type { PreparedImage } from '../images/prepare/prepared-image.js';
import type { BoxConfig } from '../options/box-config.js';
import { DEFAULT_PATH, MASKED_PATHS, READONLY_PATHS, SHM_BYTES } from './container-policy.js';

export interface Machine {
  vm: Vm;
  session: AgentSession;
}

export interface BootRequest {
  config: BoxConfig;
  layout: BoxLayout;
  image: PreparedImage;
  accelerator: Accelerator;
  signal: AbortSignal;
  /** Called as soon as a process exists, before anything is waited for: what is recorded here is found again after a crash. */
  onLaunched: (record: VmRecord) => Promise<void>;
}

/** Why a VM ended that should not have: its last words from the console and the engine, under one line that says so. */
export const machineDied = (id: string, when: string, exit: VmExit): BoxliteError => {
  const how = exit.signal !== null ? `signal ${exit.signal}` : exit.code !== null ? `exit code ${String(exit.code)}` : 'unknown status';
  const tail = [exit.engineTail, exit.consoleTail].map((part) => part.trim()).filter((part) => part !== '');
  const words = tail.length === 0 ? 'It printed nothing.' : `Its last words:\n${tail.join('\n')}`;
  return new BoxliteError('Engine', `the VM of Box ${id} ended ${when} (${how}). ${words}`, { reason: 'vm-died' });
};

const ensureDisk = async (layout: BoxLayout, config: BoxConfig): Promise<void> => {
  const exists = await access(layout.disk).then(
    () => true,
    () => false,
  );
  if (!exists) await formatDisk(layout.disk, { sizeMib: config.diskSizeMib });
};

/** The environment of the container's processes, weakest first: the default PATH, the image's, the Box's. */
const containerEnv = (config: BoxConfig, image: PreparedImage): string[] => {
  const merged = new Map<string, string>([['PATH', DEFAULT_PATH]]);
  for (const entry of image.config.env) {
    const at = entry.indexOf('=');
    if (at > 0) merged.set(entry.slice(0, at), entry.slice(at + 1));
  }
  merged.set('HOSTNAME', config.hostname);
  for (const [name, value] of Object.entries(config.env)) merged.set(name, value);
  return [...merged].map(([name, value]) => `${name}=${value}`);
};

const connect = async (vm: Vm, config: BoxConfig, signal: AbortSignal): Promise<AgentSession> => {
  const gone = new AbortController();
  const exited = vm.exited.then((exit) => {
    const error = machineDied(config.id, 'before its agent was ready', exit);
    gone.abort(error);
    throw error;
  });
  const connected = AgentSession.connect(vm.portalSocket, { signal: AbortSignal.any([signal, gone.signal]), firstBoot: true });
  // The loser of the race must not be an unhandled rejection.
  exited.catch(() => undefined);
  connected.catch(() => undefined);
  return Promise.race([connected, exited]);
};

/**
 * Starts a Box's VM and its container: disk → shim → agent → container.
 * When it fails, nothing of the VM is left running.
 * @throws BoxliteError of the step that failed; `Engine` with the console's tail when the guest died.
 */
export const bootMachine = async ({ config, layout, image, accelerator, signal, onLaunched }: BootRequest): Promise<Machine> => {
  const [guest] = await Promise.all([guestImage(), ensureDisk(layout, config)]);
  signal.throwIfAborted();
  const vm = await ShimController.launch(
    {
      directory: layout.root,
      cpus: config.cpus,
      memoryMib: config.memoryMib,
      kernel: guest.kernel,
      initramfs: guest.initramfs,
      disks: [
        { path: image.rootfs, readOnly: true },
        { path: layout.disk, readOnly: false },
      ],
      detach: config.detach,
      accelerator,
    },
    { signal, onSpawned: onLaunched },
  );
  try {
    const session = await connect(vm, config, signal);
    try {
      await session.createContainer({
        hostname: config.hostname,
        env: containerEnv(config, image),
        workingDir: config.workingDir ?? image.config.workingDir ?? '/',
        user: config.user ?? image.config.user ?? '',
        capabilities: config.capabilities,
        maskedPaths: [...MASKED_PATHS],
        readonlyPaths: [...READONLY_PATHS],
        shmBytes: SHM_BYTES,
      });
      return { vm, session };
    } catch (error) {
      session.close();
      throw error;
    }
  } catch (error) {
    await vm.kill();
    throw error;
  }
};
