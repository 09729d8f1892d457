import { BoxliteError, plainText } from '@boxlite/shared';
import { QmpClient, type QmpEvent } from '../../qmp/qmp-client.js';
import type { CaptureRequest, ControlOptions, Disk, DiskThrottle, EngineControl } from '../engine.js';
import { groupName, layerName, layerNode, layerNodes, slotNode, topName } from './block-nodes.js';
import { STATE_FD } from './command-line.js';

/** A command that the engine answers by itself, on a host that is busy. */
const COMMAND_TIMEOUT_MS = 30_000;

/** For 0.2 MB of state; a bound against an engine that hangs. */
const RESTORE_TIMEOUT_MS = 60_000;

/** What QEMU says of the machine while it runs. */
interface Heard {
  stopReason: string | null;
  onMigration: ((status: string) => void) | undefined;
  /** Why the guest is about to stop, or has stopped, if a write is the reason. */
  stall: string | undefined;
  onStall: EngineControl['onStall'];
}

type Command = readonly [name: string, args: Record<string, unknown>];

/** All but RAM, for whichever hypervisor, whatever the command's name says. */
const saveDevices = (path: string): Command => ['xen-save-devices-state', { filename: path, live: true }];

/** By default QEMU stops a guest whose write finds no room, and reports all other errors to it. */
const stallReason = (data: Record<string, unknown>): string | undefined =>
  data['action'] === 'stop' ? plainText(typeof data['reason'] === 'string' ? data['reason'] : 'no reason given', 100) : undefined;

const throwFirst = (results: readonly PromiseSettledResult<unknown>[]): void => {
  for (const result of results) if (result.status === 'rejected') throw result.reason;
};

/** QEMU's control connection. It remembers why the guest stopped, which QEMU says once, by an event. */
export class QemuControl implements EngineControl {
  readonly #client: QmpClient;
  readonly #heard: Heard;

  private constructor(client: QmpClient, heard: Heard) {
    this.#client = client;
    this.#heard = heard;
  }

  static async connect(socketPath: string, options: ControlOptions): Promise<QemuControl> {
    const heard: Heard = { stopReason: null, onMigration: undefined, stall: undefined, onStall: undefined };
    const onEvent = ({ name, data }: QmpEvent): void => {
      if (name === 'SHUTDOWN' && typeof data['reason'] === 'string') heard.stopReason = data['reason'].slice(0, 64);
      if (name === 'MIGRATION' && typeof data['status'] === 'string') heard.onMigration?.(data['status']);
      // The guest runs a moment longer when a write has failed.
      if (name === 'BLOCK_IO_ERROR') heard.stall = stallReason(data) ?? heard.stall;
      if (name === 'STOP' && heard.stall !== undefined) heard.onStall?.(heard.stall);
      if (name === 'RESUME') {
        heard.stall = undefined;
        heard.onStall?.(undefined);
      }
    };
    const client = await QmpClient.connect(socketPath, { ...options, onEvent });
    return new QemuControl(client, heard);
  }

  get closed(): Promise<void> {
    return this.#client.closed;
  }

  get stopReason(): string | null {
    return this.#heard.stopReason;
  }

  set onStall(listener: EngineControl['onStall']) {
    this.#heard.onStall = listener;
  }

  async quit(timeoutMs: number): Promise<void> {
    await this.#client.execute('quit', {}, { timeoutMs });
  }

  async pause(): Promise<void> {
    await this.#execute('stop');
  }

  async resume(): Promise<void> {
    await this.#execute('cont');
  }

  async restore(): Promise<void> {
    const ended = new Promise<string>((resolve) => {
      this.#heard.onMigration = (status) => {
        if (status === 'completed' || status === 'failed') resolve(status);
      };
    });
    const closed = this.closed.then(() => 'closed');
    const overdue = AbortSignal.timeout(RESTORE_TIMEOUT_MS);
    const late = new Promise<string>((resolve) => {
      overdue.addEventListener('abort', () => {
        resolve('late');
      });
    });
    using _held = this.#client.hold();
    try {
      await this.#executeAll([
        ['migrate-set-capabilities', { capabilities: [{ capability: 'events', state: true }] }],
        ['migrate-incoming', { uri: `fd:${String(STATE_FD)}` }],
      ]);
      const status = await Promise.race([ended, closed, late]);
      if (status === 'completed') return;
      // An engine that cannot read the state ends; its last words say why.
      const how =
        status === 'closed'
          ? 'the engine ended'
          : status === 'late'
            ? `it took longer than ${String(RESTORE_TIMEOUT_MS)} ms`
            : await this.#migrationError();
      throw new BoxliteError('Engine', `the saved state could not be loaded: ${how}`, { reason: 'restore-failed' });
    } finally {
      this.#heard.onMigration = undefined;
    }
  }

  async saveDevices(path: string): Promise<void> {
    const [command, args] = saveDevices(path);
    await this.#execute(command, args);
  }

  async exchangeDisk(slot: number, disk: Disk, old: Disk): Promise<void> {
    await this.#executeAll([
      ...layerNodes(disk).map((node): Command => ['blockdev-add', node]),
      ['blockdev-reopen', { options: [slotNode(slot, topName(disk, slot), disk.readOnly)] }],
      ...(old.layers.length === 0
        ? [['blockdev-del', { 'node-name': topName(old, slot) }] as const]
        : old.layers.toReversed().map(({ id }): Command => ['blockdev-del', { 'node-name': layerName(id) }])),
    ]);
  }

  async limitDisk(slot: number, { readBps, writeBps, readIops, writeIops }: DiskThrottle): Promise<void> {
    // In `ThrottleLimits` (qapi/block-core.json) 0 is no limit.
    const value = { 'bps-read': readBps ?? 0, 'bps-write': writeBps ?? 0, 'iops-read': readIops ?? 0, 'iops-write': writeIops ?? 0 };
    await this.#execute('qom-set', { path: `/objects/${groupName(slot)}`, property: 'limits', value });
  }

  async capture({ paused, overlay: { top, layer, onTaken }, devices }: CaptureRequest): Promise<void> {
    // What needs no halt is done before it.
    await this.#execute('blockdev-add', layerNode(layer, false, null));
    const overlaying: Command = ['blockdev-snapshot', { node: layerName(top), overlay: layerName(layer.id) }];
    const commands: Command[] = [
      ...(paused ? [] : [['stop', {}] as const]),
      overlaying,
      ...(devices === undefined ? [] : [saveDevices(devices)]),
      ...(paused ? [] : [['cont', {}] as const]),
    ];
    const results = await this.#executeEach(commands);
    if (results[commands.indexOf(overlaying)]?.status === 'fulfilled') onTaken();
    else await this.#execute('blockdev-del', { 'node-name': layerName(layer.id) }).catch(() => undefined);
    throwFirst(results);
  }

  close(): void {
    this.#client.close();
  }

  async #execute(command: string, args: Record<string, unknown> = {}): Promise<unknown> {
    return this.#client.execute(command, args, { timeoutMs: COMMAND_TIMEOUT_MS });
  }

  /** The first failure is thrown when all are answered. */
  async #executeAll(commands: readonly Command[]): Promise<void> {
    throwFirst(await this.#executeEach(commands));
  }

  /** All are sent at once: QEMU works through them in their order, whether one fails or not. */
  #executeEach(commands: readonly Command[]): Promise<PromiseSettledResult<unknown>[]> {
    return Promise.allSettled(commands.map(([name, args]) => this.#execute(name, args)));
  }

  async #migrationError(): Promise<string> {
    const answer = (await this.#execute('query-migrate').catch(() => undefined)) as { 'error-desc'?: unknown } | undefined;
    return typeof answer?.['error-desc'] === 'string' ? plainText(answer['error-desc']) : 'the engine does not say why';
  }
}
