import type { FileLink } from './files.js';

/** How a virtual CPU runs: by the hypervisor of Linux or macOS, or emulated. */
export type Accelerator = 'kvm' | 'hvf' | 'tcg';

/** A file of a disk: the whole of it (raw), or what differs from the layers below it (qcow2). */
export interface DiskLayer {
  /** Names the layer in the engine, for as long as the VM lives: 1 to 24 lower-case letters and digits. */
  id: string;
  /** Absolute path. What the file says of layers below it is ignored. */
  path: string;
  format: 'raw' | 'qcow2';
}

/** A block device of the guest: the first is `/dev/vda`, and so on. */
export interface Disk {
  /** Base first; only the last is written to. Without any, a device that reads as zeros stands for a disk that is given later. */
  layers: readonly DiskLayer[];
  readOnly: boolean;
  /** Bytes of what the guest sees; of the largest that may be given later where there are no layers. */
  sizeBytes: number;
}

/**
 * The guest's memory: the engine's own, or a file's pages. `shared` writes to the file; otherwise the file stays as it is, and pages are
 * shared with all who map it until they are written.
 */
export type GuestMemory = { kind: 'anonymous' } | { kind: 'file'; path: string; shared: boolean };

/** A directory or regular file of the host that the guest may have. */
export interface HostMount {
  /** What it is called in the share: lower-case letters and digits. */
  name: string;
  /** Absolute path; links in it are followed when the machine is started. */
  source: string;
  /** Whether the host's kernel refuses to write to it. */
  readOnly: boolean;
}

/** What of the host's files the guest can mount, by virtio-9p and the tag `boxlite`. */
export interface Share {
  mounts: readonly HostMount[];
  /**
   * What the owner of this process is in the share. Only where the owner has no rights over others' files: otherwise all users are there as
   * on the host.
   */
  owner: { user: number; group: number };
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
  memory: GuestMemory;
  /** Without one, the machine has no device for it. */
  share?: Share | undefined;
  /** Absolute path of a saved state of the machine's devices. The machine then waits for {@link EngineControl.restore}. */
  state?: string | undefined;
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
  /**
   * The library that keeps it from changing a file that guests' memory is mapped from, by its absolute path. Null where it cannot be loaded:
   * guests do not give memory back to the host then.
   */
  preload: string | null;
  /** All that it is made of, by absolute paths of directories and files. */
  readable: readonly string[];
}

/** What to execute. The engine finds its sockets and logs open, under the numbers given here. */
export interface EngineCommand {
  program: string;
  /** The first is the name it is called by. */
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  sockets: readonly DescriptorName[];
  logs: readonly DescriptorName[];
  /** Files that it reads, by absolute path. */
  inputs: readonly { path: string; fd: number }[];
  /** Files that it opens by name in its working directory. */
  links: readonly FileLink[];
  /** Files that it reads by name in its working directory, wherever they are. */
  named: readonly { name: string; source: string }[];
  /** Devices of the host that it opens. */
  devices: readonly string[];
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
  /**
   * Hears that the engine has stopped the guest, since the host has no room for what that writes, and why in its words; and, with undefined,
   * that the guest goes on. What could not be written is written then.
   */
  onStall: ((why: string | undefined) => void) | undefined;
  /** Resolves when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>;
  /** Asks the engine to end. Resolves when it has said yes; its process may live a moment longer. */
  quit(timeoutMs: number): Promise<void>;
  /** Stops all virtual CPUs, and the guest's clocks with them. Resolves when nothing of the guest runs and its writes are with the host. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Loads the state that the machine was started with; the machine is paused then. */
  restore(): Promise<void>;
  /** Writes the state of all devices to a file or pipe, by its path in the working directory; the machine must be paused. */
  saveDevices(path: string): Promise<void>;
  /** Gives the machine another disk in place of `old`, which must have no layers or none in common. The guest must not use either. */
  exchangeDisk(slot: number, disk: Disk, old: Disk): Promise<void>;
  /** Limits what the guest reads from and writes to the disk of this slot, whichever that is. */
  limitDisk(slot: number, limits: DiskThrottle): Promise<void>;
  /** Halts the machine, does what is asked for at that one moment, and lets it go on. */
  capture(request: CaptureRequest): Promise<void>;
  close(): void;
}

/** Bytes and operations in a second; null: as many as the host's disk can. */
export interface DiskThrottle {
  readBps: number | null;
  writeBps: number | null;
  readIops: number | null;
  writeIops: number | null;
}

/** What is done to a machine while it stands still. */
export interface CaptureRequest {
  /** It is paused already, and stays so. */
  paused: boolean;
  /** From here on `layer` takes what is written to the disk whose last layer is `top`. `onTaken` is called once that is so, whatever fails later. */
  overlay: { top: string; layer: DiskLayer; onTaken: () => void };
  /** Where to write the state of all devices to, if it is wanted: a new file, or a pipe that somebody reads. */
  devices: string | undefined;
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
  /**
   * What a saved state of `machine` fits: two machines of which this is the same are alike in all that the guest can see, but for kernel
   * and initramfs, which the caller knows.
   */
  identity(machine: MachineSpec, info: EngineInfo): Promise<readonly string[]>;
  /** Connects to a started engine's control socket, and resolves when it answers. */
  connectControl(socketPath: string, options: ControlOptions): Promise<EngineControl>;
  /** The error that the engine's last words stand for. */
  explain(words: string): { code: 'ResourceExhausted' | 'UnsupportedEngine' | 'Storage' | 'Engine'; reason: string; advice: string };
}
