import { BoxliteError, type BoxLayout } from '@boxlite/shared';
import { type Accelerator, type JailRequirement, probeJail, requireLayers } from '@boxlite/shim';
import type { DiskChain } from '../disks/disk-chain.js';
import type { PreparedImage } from '../images/prepare/prepared-image.js';
import type { Machine, StartRequest } from '../machine/start-request.js';
import type { BoxCounters } from '../metrics/box-counters.js';
import type { BoxConfig } from '../options/box-config.js';
import { together } from '../together.js';
import type { BoxCare } from './box-care.js';
import type { BoxHost } from './box-host.js';
import { hasMachine } from '../state/box-lifecycle.js';
import type { MachineHolder } from './machine-holder.js';
import type { MainProcess } from './main-process.js';
import type { StateKeeper } from './state-keeper.js';

export interface BootParts {
  config: BoxConfig;
  layout: BoxLayout;
  host: BoxHost;
  keeper: StateKeeper;
  machine: MachineHolder;
  main: MainProcess;
  care: BoxCare;
  counters: BoxCounters;
}

/** The start of a Box, from its image to a VM that is held. One at a time; the caller sees to that. */
export class BoxBoot {
  #abort: AbortController | undefined;

  constructor(private readonly parts: BootParts) {}

  /** Gives up the start that is under way, if there is one. */
  giveUp(reason: BoxliteError): void {
    this.#abort?.abort(reason);
  }

  /**
   * @param how `from`: what to start from in place of what there is; `main`: false leaves the main process out; `restarts`: how often the Box
   *   was started again since somebody has started it.
   * @throws BoxliteError of the step that failed; the Box is `failed` then, and nothing of a VM is left.
   */
  async run({
    from,
    main = true,
    restarts = 0,
  }: { from?: StartRequest['from']; main?: boolean; restarts?: number } = {}): Promise<Machine> {
    const { config, layout, host, keeper, machine: holder, main: process, care, counters } = this.parts;
    const begin = performance.now();
    const { id } = config;
    using _claimed = host.volumes.claim(config);
    const abort = new AbortController();
    this.#abort = abort;
    try {
      await keeper.step('start', { error: null, vm: null, stopReason: null, restarts, restartPending: false });
      host.onProgress({ operation: 'start', subject: id, status: 'started' });
      const required = [...host.security, ...config.security];
      const choice = this.#accelerator(required).catch((error: unknown) => {
        // Nobody needs the image then, and nothing of it may go on.
        abort.abort(error);
        throw error;
      });
      const [image, accelerator] = await together([this.image(abort.signal), choice]);
      host.onProgress({ operation: 'start', subject: id, status: 'running', part: 'boot' });
      const { origin, ...machine } = await host.starter.start({
        config,
        layout,
        image,
        disk: keeper.state.disk,
        nameDisk: (disk) => this.nameDisk(disk),
        volumes: host.volumes.forStart(config, image),
        accelerator,
        from,
        signal: abort.signal,
        onLaunched: (vm) => {
          // Whoever launched it, and whenever: what holds this very process counts.
          requireLayers(vm.jail, required);
          return keeper.change({ vm });
        },
      });
      // The session that is returned is the one of this start, whatever becomes of it.
      const held = { ...machine };
      holder.hold(held);
      await keeper.step('ready', {
        startedFrom: origin,
        startedAt: new Date().toISOString(),
        stoppedAt: null,
        ...(main ? process.beginning(image.config) : {}),
      });
      if (holder.held !== held)
        throw new BoxliteError('Engine', keeper.state.error?.message ?? `the VM of Box ${id} ended`, { reason: 'vm-died' });
      if (main) await process.begin(machine.session, image.config, from !== undefined);
      else process.leaveOut();
      await care.begin(machine.session, image.config, main);
      const seconds = (performance.now() - begin) / 1_000;
      counters.lastStartSeconds = seconds;
      host.meters.boxStarted(seconds);
      host.log.info('started a Box', { box: id, seconds, accelerator, from: origin, pid: machine.vm.record.pid });
      host.onProgress({ operation: 'start', subject: id, status: 'done' });
      return machine;
    } catch (cause) {
      const error = BoxliteError.from(abort.signal.aborted ? abort.signal.reason : cause, 'Engine', `cannot start Box ${id}`);
      await this.#undo(error);
      throw error;
    } finally {
      this.#abort = undefined;
    }
  }

  /** What this host runs the Box by, if it is let have what is required of its jail. */
  async #accelerator(required: readonly JailRequirement[]): Promise<Accelerator> {
    if (required.length > 0) requireLayers(await probeJail(), required);
    return this.parts.host.chooseAccelerator();
  }

  /** The Box's image, ready to boot. Its digest is recorded first, so that nobody takes it for unused meanwhile. */
  async image(signal: AbortSignal): Promise<PreparedImage> {
    const { config, host, keeper } = this.parts;
    const digest = await host.resolveImage(config, keeper.state.imageDigest, signal);
    if (digest !== keeper.state.imageDigest) await keeper.change({ imageDigest: digest });
    return host.prepareImage(digest, signal);
  }

  /** Makes a disk the Box's own; its maker's hold ends. */
  async nameDisk(disk: DiskChain): Promise<void> {
    const { host, keeper } = this.parts;
    try {
      await keeper.change({ disk });
    } finally {
      host.disks.settle(disk);
    }
  }

  /** After a start that failed at any step: no VM is left, and the Box is `failed`, on disk if that is possible. */
  async #undo(error: BoxliteError): Promise<void> {
    const { config, host, keeper, machine } = this.parts;
    const { id } = config;
    const changes = { vm: null, error: { code: error.code, message: error.message }, stoppedAt: new Date().toISOString() };
    const { status } = keeper.state;
    if (hasMachine(status)) await keeper.regardless(keeper.step(status === 'starting' ? 'fail' : 'crash', changes));
    await machine.end(error);
    host.meters.boxStartFailed();
    host.onProgress({ operation: 'start', subject: id, status: 'failed' });
    host.log.error('a Box did not start', { box: id, code: error.code, error: error.message });
  }
}
