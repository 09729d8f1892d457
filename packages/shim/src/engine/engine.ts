/** How a virtual CPU runs: by the hypervisor of Linux or macOS, or emulated. */
export type Accelerator = 'kvm' | 'hvf' | 'tcg';

/** A block device of the guest: the first is `/dev/vda`, and so on. */
export interface Disk {
  /** Absolute path of a raw image. */
  path: string;
  readOnly: boolean;
}

/** The machine that an engine is asked to run. */
export interface MachineSpec {
  cpus: number;
  /** MiB. */
  memoryMib: number;
  /** Absolute path of an uncompressed kernel with a PVH entry. */
  kernel: string;
  /** Absolute path. */
  initramfs: string;
  disks: readonly Disk[];
  accelerator: Accelerator;
}

/** An engine as it was found on this host. */
export interface EngineInfo {
  /** `bundle`: the one that comes with BoxLite; `system`: the one that `BOXLITE_QEMU` names. */
  kind: 'bundle' | 'system';
  /** `7.2.22`. */
  version: string;
  /** The VMM's executable. */
  path: string;
  /** What is executed to run it: the executable itself, or the bundle's own dynamic loader. */
  program: string;
  /** Arguments of `program` that come before the VMM's own. */
  programArgs: readonly string[];
  /** The whole environment that it needs. */
  env: Readonly<Record<string, string>>;
}

/** What to execute. The engine finds its sockets and logs open, under the numbers given here. */
export interface EngineCommand {
  program: string;
  /** The first is the name it is called by. */
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  sockets: readonly DescriptorName[];
  logs: readonly DescriptorName[];
}

/** A file name in the Box's directory and its descriptor's number in the engine. */
export interface DescriptorName {
  name: string;
  fd: number;
}

/** The control connection of a running engine. */
export interface EngineControl {
  /** Why the guest stopped, in the engine's words, once it said so. */
  readonly stopReason: string | null;
  /** Resolves when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>;
  /** Asks the engine to end. Resolves when it has said yes; its process may live a moment longer. */
  quit(timeoutMs: number): Promise<void>;
  close(): void;
}

/** How the control connection and the attempt to have one are bounded. */
export interface ControlOptions {
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/**
 * A VMM. Everything that differs between one VMM and another is behind this; process, sockets and jail are not.
 */
export interface Engine {
  readonly name: string;
  /** @throws BoxliteError UnsupportedEngine when the engine is missing, damaged or of a version that does not fit. */
  locate(): Promise<EngineInfo>;
  /** The command that runs `machine`. Pure. */
  command(machine: MachineSpec, info: EngineInfo): EngineCommand;
  /** Connects to a started engine's control socket, and resolves when it answers. */
  connectControl(socketPath: string, options: ControlOptions): Promise<EngineControl>;
  /** The error that the engine's last words stand for. */
  explain(words: string): { code: 'ResourceExhausted' | 'UnsupportedEngine' | 'Storage' | 'Engine'; reason: string; advice: string };
}
