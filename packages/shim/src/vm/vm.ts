import { BoxliteError } from '@boxlite/shared';
import type { Engine, EngineControl } from '../engine/engine.js';
import { CONSOLE_LOG, CONTROL_SOCKET, ENGINE_LOG, PORTAL_SOCKET } from '../engine/files.js';
import type { BoxDirectory } from './box-directory.js';
import { readTail } from './log-tail.js';
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
  /** The last 4 KiB of the guest's console, without control characters. */
  consoleTail: string;
  /** The last 4 KiB of what the engine said on its standard error. */
  engineTail: string;
}

/** What a VM is made of; the VM takes it over. */
export interface VmParts {
  engine: Engine;
  process: VmProcess;
  directory: BoxDirectory;
  record: VmRecord;
  detached: boolean;
  /** Undefined until it is needed. */
  control: EngineControl | undefined;
}

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
 */
export class Vm {
  readonly record: VmRecord;
  /** The path to connect to for the agent. It may go by a descriptor of this process, and holds until the VM ended or is released. */
  readonly portalSocket: string;
  /** Resolves when the VM has ended, and how; never rejects. Stays open after {@link release}. */
  readonly exited: Promise<VmExit>;
  readonly #parts: VmParts;
  #poweringOff: Promise<void> | undefined;
  #state: 'running' | 'released' | 'exited' = 'running';

  constructor(parts: VmParts) {
    this.#parts = parts;
    this.record = parts.record;
    this.portalSocket = parts.directory.socket(PORTAL_SOCKET);
    this.exited = this.#watch();
    // A VM that lives on must not keep this program alive.
    if (parts.detached) parts.process.unref();
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
    this.#parts.process.kill('SIGKILL');
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

  async #powerOff(): Promise<void> {
    const { process } = this.#parts;
    process.ref();
    let timer: NodeJS.Timeout | undefined;
    const overdue = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        try {
          process.kill('SIGKILL');
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
    const { engine, directory, control } = this.#parts;
    try {
      if (control !== undefined) {
        await control.quit(QUIT_TIMEOUT_MS);
        return;
      }
    } catch (error) {
      if (!(error instanceof BoxliteError && error.reason === 'qmp-closed')) throw error;
    }
    // An adopted VM, or a connection that was lost while the engine ran on.
    this.#parts.control = await engine.connectControl(directory.socket(CONTROL_SOCKET), { timeoutMs: QUIT_TIMEOUT_MS });
    await this.#parts.control.quit(QUIT_TIMEOUT_MS);
  }

  async #watch(): Promise<VmExit> {
    const { process, directory } = this.#parts;
    const { code, signal } = await process.exited;
    const [consoleTail, engineTail] = await Promise.all([readTail(directory.file(CONSOLE_LOG)), readTail(directory.file(ENGINE_LOG))]);
    const reason = await this.#stopReason();
    this.#state = 'exited';
    this.#close();
    process.release();
    return { code, signal, reason, consoleTail, engineTail };
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
