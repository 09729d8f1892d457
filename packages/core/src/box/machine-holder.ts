import type { AgentSession } from '@boxlite/agent';
import { BoxliteError } from '@boxlite/shared';
import type { VmExit } from '@boxlite/shim';
import type { Machine } from '../machine/start-request.js';
import { isLost, lastMoment, outOfRoom, vmDied } from '../machine/vm-died.js';
import type { BoxConfig } from '../options/box-config.js';
import type { Ending } from '../options/restart-policy.js';
import type { BoxHost } from './box-host.js';
import { endedByItself } from './ended-by-itself.js';
import { isUp } from '../state/box-lifecycle.js';
import { type HeldMachine, meetAgain } from './held-machine.js';
import type { StateKeeper } from './state-keeper.js';

/**
 * Holds the VM of a Box and watches its end, which is an event here: one that nobody asked for makes the Box `failed`, with the console's tail
 * as the reason. What its agent was doing then fails with the same error. A guest whose agent is gone cannot be used any more, so its VM is
 * ended. One that stalls is paused: it may go on when there is room.
 */
export class MachineHolder {
  #held: HeldMachine | undefined;
  #ended: Promise<void> | undefined;

  constructor(
    private readonly config: BoxConfig,
    private readonly host: BoxHost,
    private readonly keeper: StateKeeper,
    /** The Box has ended, and nobody had asked for it; its state says so already. */
    private readonly onEnd: (ending: Ending) => void,
  ) {}

  get held(): HeldMachine | undefined {
    return this.#held;
  }

  /** Resolves when the end of the VM that was held last is in the Box's state. */
  get ended(): Promise<void> | undefined {
    return this.#ended;
  }

  /** Makes a VM the Box's own. */
  hold(held: HeldMachine): void {
    this.#held = held;
    this.host.meters.machineGained();
    if (held.session !== undefined) this.#watchSession(held, held.session);
    held.vm.onStall((stall) => {
      this.#onStall(held, stall);
    });
    this.#ended = held.vm.exited
      .then((exit) => this.#onExit(held, exit))
      .catch((error: unknown) => {
        this.host.log.error('the end of a Box could not be recorded', { box: this.config.id, error: String(error) });
      });
  }

  /** The VM of a Box that is running or paused. @throws BoxliteError `InvalidState`. */
  up(): HeldMachine {
    const { status } = this.keeper.state;
    if (this.#held !== undefined && isUp(status)) return this.#held;
    throw new BoxliteError('InvalidState', `Box ${this.config.id} is ${status}; it must be running or paused for this`);
  }

  /** The session with the VM's agent; with an adopted one's it is made at the first need of it. */
  async session(held: HeldMachine): Promise<Machine> {
    const { vm } = held;
    if (held.session !== undefined) return { vm, session: held.session };
    // An earlier runtime may have been killed while it had halted the guest for a copy.
    await vm.resume();
    const session = await meetAgain(vm).catch(async (error: unknown) => {
      if (vm.stalled.aborted) throw this.#outOfRoom(vm.stalled.reason as BoxliteError);
      if (isLost(error)) await this.#lastMoment(held, error);
      throw held.died ?? error;
    });
    held.session = session;
    this.#watchSession(held, session);
    return { vm, session };
  }

  /** Ends the VM, if there is one, as a power cut does. */
  async end(reason: BoxliteError, stopReason: 'asked' | 'main-ended' = 'asked'): Promise<void> {
    const held = this.#held;
    if (held === undefined) return;
    if (isUp(this.keeper.state.status)) await this.keeper.regardless(this.keeper.step('stop', { stopReason, error: null }));
    held.session?.close(reason);
    await held.vm.kill();
    await this.#ended;
  }

  /** Lets a detached VM live on, with what runs in it. */
  async letGo(reason: BoxliteError): Promise<void> {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.host.meters.machineLost();
    if (this.keeper.state.status === 'running') await held.session?.release();
    held.session?.close(reason);
    held.vm.release();
  }

  #outOfRoom(stall: BoxliteError): BoxliteError {
    return outOfRoom(`Box ${this.config.id} is paused`, stall, 'resume it');
  }

  /** Whoever waits for the guest is told, as that would be for as long as nobody makes room. Its processes are found again by their ids. */
  #onStall(held: HeldMachine, stall: BoxliteError): void {
    if (this.#held !== held) return;
    const { keeper, host, config } = this;
    const { session } = held;
    const error = this.#outOfRoom(stall);
    held.session = undefined;
    session?.close(error);
    const { status } = keeper.state;
    if (!isUp(status)) return;
    host.log.error('a Box cannot go on', { box: config.id, error: error.message });
    const cause = { error: { code: error.code, message: error.message } };
    void keeper.regardless(status === 'running' ? keeper.step('pause', cause) : keeper.change(cause));
  }

  /** A VM that dies closes its connections an instant before it is gone; its end closes the session with what it died of. */
  async #lastMoment(held: HeldMachine, lost: BoxliteError): Promise<void> {
    if (this.#held !== held || !isUp(this.keeper.state.status)) return;
    held.lost = lost;
    await lastMoment(this.#ended);
  }

  #watchSession(held: HeldMachine, session: AgentSession): void {
    session.onLost((lost) => this.#lastMoment(held, lost));
    void session.closed.then(() => {
      if (this.#held !== held || held.session !== session || !isUp(this.keeper.state.status)) return;
      held.lost ??= session.closeReason;
      held.vm.kill().catch((error: unknown) => {
        this.host.log.error('a VM whose agent is gone could not be ended', { box: this.config.id, error: String(error) });
      });
    });
  }

  async #onExit(held: HeldMachine, exit: VmExit): Promise<void> {
    if (this.#held !== held) return;
    this.#held = undefined;
    const { keeper, host, config } = this;
    host.meters.machineLost();
    const stoppedAt = new Date().toISOString();
    const itself = endedByItself(exit.consoleTail);
    const isStopping = keeper.state.status === 'stopping';
    if (isStopping && (itself !== undefined || (exit.orderly && held.lost === undefined))) {
      // Who stops a Box whose main process has ended may have seen the guest's own end begin.
      await keeper.regardless(keeper.step('exit', { vm: null, stoppedAt, stopReason: itself ?? keeper.state.stopReason }));
      return;
    }
    // A start that is given up has said already why.
    if (!isStopping && !isUp(keeper.state.status)) return;
    if (itself !== undefined) {
      const why = itself === 'idle' ? 'nothing went on in it for its idle timeout' : 'its health checks failed';
      held.session?.close(new BoxliteError('Stopped', `Box ${config.id} has stopped by itself: ${why}`));
      host.log.info('a Box has stopped by itself', { box: config.id, reason: itself });
      await keeper.regardless(keeper.step('end', { vm: null, stoppedAt, stopReason: itself, error: null }));
      this.#afterwards(itself);
      return;
    }
    // Also of one that is being stopped: what it had not written is lost, and whoever had it stopped may have done so as it did not answer.
    const error = vmDied(`Box ${config.id}`, 'by itself', exit, held.lost);
    held.died = error;
    held.session?.close(error);
    host.meters.boxCrashed();
    host.log.error('a Box crashed', { box: config.id, error: error.message });
    await keeper.regardless(
      keeper.step('crash', { vm: null, stoppedAt, stopReason: null, error: { code: error.code, message: error.message } }),
    );
    // Who stops it sees to the rest.
    if (!isStopping) this.#afterwards('crashed');
  }

  #afterwards(ending: Ending): void {
    // Not waited for: a removal waits for the Box's mutex, and who has that may wait for this.
    if (this.config.autoRemove) void this.#removeByItself();
    else this.onEnd(ending);
  }

  async #removeByItself(): Promise<void> {
    try {
      await this.host.removeStopped(this.config.id);
    } catch (error) {
      this.host.log.error('a Box that crashed could not be removed', { box: this.config.id, error: String(error) });
    }
  }
}
