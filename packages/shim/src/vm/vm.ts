import { open, rename } from 'node:fs/promises';
import { BoxliteError, errnoCode } from '@boxlite/shared';
import type { CaptureRequest, Disk, DiskThrottle, Engine, EngineControl } from '../engine/engine.js';
import { layerLinks } from '../engine/layer-links.js';
import { CONSOLE_LOG, CONTROL_SOCKET, ENGINE_LOG, linkPath, PORTAL_SOCKET } from '../engine/files.js';
import { BoxDirectory } from './box-directory.js';
import { clearRemains } from './clear-remains.js';
import { readLastWords } from './log-tail.js';
import { VmFiles } from './vm-files.js';
import { processMemory } from './process-memory.js';
import type { VmProcess } from './vm-process.js';
import type { VmRecord } from './vm-record.js';

/** How a VM ended. */
export interface VmExit {
  /** Null when a signal ended it, or it was adopted. */
  code: number | null;
  signal: string | null;
  /** Why the guest stopped in the engine's words (`guest-shutdown`, `guest-reset`, `host-qmp-quit` …); null when it did not say. */
  reason: string | null;
  /** It ended as this program had told it to, or its guest switched it off; false when it died. */
  orderly: boolean;
  /** The last 4 KiB of the guest's console, without control characters. */
  consoleTail: string;
  /** The last 4 KiB of what the engine said on its standard error. */
  engineTail: string;
  /** Why the guest stood still at the end ({@link Vm.stalled}); null when it did not. */
  stall: BoxliteError | null;
}

/** What a VM is made of; the VM takes it over. */
export interface VmParts {
  engine: Engine;
  process: VmProcess;
  directory: BoxDirectory;
  record: VmRecord;
  detached: boolean;
  /** What the machine was launched with; undefined for an adopted one. */
  disks: readonly Disk[] | undefined;
  /** Undefined until it is needed. */
  control: EngineControl | undefined;
}

/** What the engine knows the file or pipe by that it writes the state of its devices to. */
const DEVICES = 'devices';

const makeFile = async (path: string): Promise<void> => {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.close();
  } catch (error) {
    if (errnoCode(error) !== 'EEXIST') throw BoxliteError.from(error, 'Storage', `${path} cannot be made`);
  }
};

/** How long the engine has to write out what it holds and to end. */
const QUIT_TIMEOUT_MS = 5000;
/** For a connection that somebody else holds open: the end of the process ends it at once otherwise. */
const LAST_EVENT_TIMEOUT_MS = 1000;

/**
 * A running VM. It owns the engine's process (unless released), its control connection and the handle of its directory.
 *
 * ```text
 * running ── powerOff, kill, the guest's own end ─▶ exited
 *         ── release (detached only) ─▶ released: lives on, this handle is of no use any more
 * ```
 *
 * A guest for whose writes the host has no room is stopped by its engine: it stalls. Nobody would ever wake it, so its VM is ended, unless
 * somebody else sees to it ({@link onStall}).
 */
export class Vm {
  /** Resolves when the VM has ended, and how; never rejects. Stays open after {@link release}. */
  readonly exited: Promise<VmExit>;
  readonly #parts: VmParts;
  #files: VmFiles;
  #poweringOff: Promise<void> | undefined;
  /** What this program has had of the process: it was told to quit and said yes, or was killed. */
  #told: 'no' | 'obeyed' | 'killed' = 'no';
  #stall = new AbortController();
  #onStall: (error: BoxliteError) => void = () => {
    // It may be released, or be ending by now.
    this.kill().catch(() => undefined);
  };
  #state: 'running' | 'released' | 'exited' = 'running';

  constructor(parts: VmParts) {
    this.#parts = parts;
    this.#files = new VmFiles(parts.directory.path);
    if (parts.control !== undefined) this.#hearStalls(parts.control);
    this.exited = this.#watch();
    // A VM that lives on must not keep this program alive.
    if (parts.detached) parts.process.unref();
  }

  get record(): VmRecord {
    return this.#parts.record;
  }

  /** The path to connect to for the agent. It may go by a descriptor of this process, and holds until the VM is moved, released or ends. */
  get portalSocket(): string {
    return this.#parts.directory.socket(PORTAL_SOCKET);
  }

  /**
   * Stops the guest and its clocks. Idempotent.
   * @throws BoxliteError Engine when the engine does not obey; Stopped when it has ended.
   */
  async pause(): Promise<void> {
    await (await this.#control()).pause();
  }

  /**
   * Fires when the guest stalls; its reason is a BoxliteError `ResourceExhausted`, reason `ENOSPC`. When the guest goes on, another signal takes
   * its place. It may stall again at once.
   */
  get stalled(): AbortSignal {
    return this.#stall.signal;
  }

  /** Has somebody see to the guest each time that it stalls. */
  onStall(listener: (error: BoxliteError) => void): void {
    this.#onStall = listener;
  }

  /** Lets the guest go on. Idempotent. */
  async resume(): Promise<void> {
    await (await this.#control()).resume();
  }

  /**
   * Loads the saved state that the VM was launched with. It is paused then.
   * @throws BoxliteError Engine, reason `restore-failed`, when the state does not fit the machine or is damaged.
   */
  async restore(): Promise<void> {
    await (await this.#control()).restore();
  }

  /** Writes the state of the paused VM's devices, all but its memory, to a new file. */
  async saveDevices(path: string): Promise<void> {
    const control = await this.#control();
    await this.#givingDevices(path, (name) => control.saveDevices(name));
  }

  /** Gives the machine another disk in this slot. The guest must use neither. */
  async exchangeDisk(slot: number, disk: Disk): Promise<void> {
    const old = this.#parts.disks?.[slot];
    if (old === undefined) throw new BoxliteError('InvalidState', `VM ${String(this.record.pid)} has no disk ${String(slot)} to exchange`);
    const control = await this.#control();
    await this.#files.add(layerLinks(disk));
    await control.exchangeDisk(slot, disk, old);
    await this.#files.remove(layerLinks(old));
    // Another slot's may have been exchanged meanwhile.
    this.#parts.disks = this.#parts.disks?.with(slot, disk);
  }

  /** Limits what the guest reads from and writes to each of its disks. */
  async limitDisks(limits: DiskThrottle): Promise<void> {
    const { disks } = this.#parts;
    if (disks === undefined)
      throw new BoxliteError('InvalidState', `the disks of VM ${String(this.record.pid)}, which was adopted, are not known`);
    const control = await this.#control();
    await Promise.all(disks.map((_, slot) => control.limitDisk(slot, limits)));
  }

  /**
   * Halts the guest, takes its disk and its devices as they are at that moment, and lets it go on.
   * @throws BoxliteError Engine when the engine does not obey; the guest goes on all the same.
   */
  async capture(request: CaptureRequest): Promise<void> {
    const { overlay, devices } = request;
    const control = await this.#control();
    await this.#files.add([{ name: overlay.layer.id, source: overlay.layer.path, writable: true }]);
    if (devices === undefined) await control.capture(request);
    else await this.#givingDevices(devices, (name) => control.capture({ ...request, devices: name }));
  }

  /**
   * Moves sockets and logs to another directory of the same file system, over what is there. Connections that are open stay open.
   * @throws BoxliteError Storage.
   */
  async moveTo(path: string): Promise<void> {
    const { directory } = this.#parts;
    const target = new BoxDirectory(path);
    try {
      for (const name of [CONSOLE_LOG, ENGINE_LOG, CONTROL_SOCKET, PORTAL_SOCKET]) await rename(directory.file(name), target.file(name));
    } catch (error) {
      throw BoxliteError.from(error, 'Storage', `the VM's files cannot be moved to ${path}`);
    }
    this.#files = await this.#files.moveTo(path);
    this.#parts.directory = target;
    this.#parts.record = { ...this.#parts.record, directory: path };
    directory.close();
  }

  /**
   * Switches the VM off as by its plug, after the engine has written out what it holds; by force when it does not answer.
   * Resolves when the process is gone. Idempotent.
   */
  async powerOff(): Promise<void> {
    if (this.#state === 'exited') return;
    this.#checkHeld();
    this.#poweringOff ??= this.#powerOff();
    await this.#poweringOff;
  }

  /** Ends the VM at once. Resolves when the process is gone. Idempotent. */
  async kill(): Promise<void> {
    if (this.#state === 'exited') return;
    this.#checkHeld();
    this.#forceEnd();
    await this.exited;
  }

  /**
   * Bytes of host memory that the VM uses; memory shared between VMs is counted by its share.
   * @throws BoxliteError Stopped when it has ended.
   */
  memoryBytes(): Promise<number> {
    return processMemory(this.record.pid);
  }

  /**
   * Lets a detached VM live on: closes the handles only. Idempotent.
   * @throws BoxliteError InvalidState for an attached one, which would end with this process all the same.
   */
  release(): void {
    if (this.#state !== 'running') return;
    if (!this.#parts.detached)
      throw new BoxliteError('InvalidState', `VM ${String(this.record.pid)} is attached to this process and cannot be released`);
    this.#state = 'released';
    this.#parts.process.release();
    this.#close();
  }

  /** Lets the engine write to `path`, which is made when missing, by the name that it knows it by. */
  async #givingDevices(path: string, write: (name: string) => Promise<void>): Promise<void> {
    const link = { name: DEVICES, source: path, writable: true };
    await makeFile(path);
    await this.#files.add([link]);
    try {
      await write(linkPath(link));
    } finally {
      await this.#files.remove([link]);
    }
  }

  async #powerOff(): Promise<void> {
    const { process } = this.#parts;
    process.ref();
    let timer: NodeJS.Timeout | undefined;
    const overdue = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        try {
          this.#forceEnd();
        } catch (error) {
          reject(BoxliteError.from(error, 'Engine'));
        }
      }, QUIT_TIMEOUT_MS);
    });
    // An engine that does not answer is killed when it is overdue; one that is ending already must not be cut short.
    this.#quit().catch(() => undefined);
    try {
      await Promise.race([this.exited, overdue]);
    } catch (error) {
      this.#poweringOff = undefined;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #quit(): Promise<void> {
    try {
      await (await this.#control()).quit(QUIT_TIMEOUT_MS);
    } catch (error) {
      if (!(error instanceof BoxliteError && error.reason === 'qmp-closed')) throw error;
      // The connection was lost while the engine ran on.
      this.#parts.control = undefined;
      await (await this.#control()).quit(QUIT_TIMEOUT_MS);
    }
    if (this.#told === 'no') this.#told = 'obeyed';
  }

  #forceEnd(): void {
    this.#told = 'killed';
    this.#parts.process.kill('SIGKILL');
  }

  /** The control connection; an adopted VM has none until it is needed. */
  async #control(): Promise<EngineControl> {
    if (this.#state === 'exited') throw new BoxliteError('Stopped', `the VM (process ${String(this.record.pid)}) has ended`);
    this.#checkHeld();
    const { engine, directory, control } = this.#parts;
    if (control !== undefined) return control;
    const connected = await engine.connectControl(directory.socket(CONTROL_SOCKET), { timeoutMs: QUIT_TIMEOUT_MS });
    this.#hearStalls(connected);
    this.#parts.control = connected;
    return connected;
  }

  #hearStalls(control: EngineControl): void {
    control.onStall = (why) => {
      const { aborted } = this.#stall.signal;
      if (why === undefined) {
        if (aborted) this.#stall = new AbortController();
      } else if (!aborted) {
        const error = new BoxliteError('ResourceExhausted', `the host has no room for what the guest writes (${why})`, {
          reason: 'ENOSPC',
        });
        this.#stall.abort(error);
        this.#onStall(error);
      }
    };
  }

  async #watch(): Promise<VmExit> {
    const { process } = this.#parts;
    const { code, signal } = await process.exited;
    const { directory } = this.#parts;
    const words = await readLastWords(directory.path);
    const reason = await this.#stopReason();
    await clearRemains(directory.path).catch(() => undefined);
    this.#state = 'exited';
    this.#close();
    process.release();
    const stall = this.#stall.signal.aborted ? (this.#stall.signal.reason as BoxliteError) : null;
    return { code, signal, reason, orderly: this.#isOrderly(code, signal, reason), ...words, stall };
  }

  /** A guest that resets has panicked: its agent would have said goodbye. How an adopted one's process ended is not known. */
  #isOrderly(code: number | null, signal: string | null, reason: string | null): boolean {
    if (this.#told === 'killed') return true;
    if (signal !== null || reason === 'guest-reset') return false;
    if (code !== null) return code === 0;
    return this.#told === 'obeyed' || reason === 'guest-shutdown' || reason === 'host-qmp-quit';
  }

  /** The engine's last event may still be on its way when its process is gone already. */
  async #stopReason(): Promise<string | null> {
    const { control } = this.#parts;
    if (control === undefined) return null;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LAST_EVENT_TIMEOUT_MS);
    });
    await Promise.race([control.closed, timeout]);
    clearTimeout(timer);
    return control.stopReason;
  }

  #checkHeld(): void {
    if (this.#state === 'released') throw new BoxliteError('InvalidState', `VM ${String(this.record.pid)} was released; adopt it first`);
  }

  #close(): void {
    this.#parts.control?.close();
    this.#parts.directory.close();
  }
}
