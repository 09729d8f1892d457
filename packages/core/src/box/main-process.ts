/**
 * The main process of a Box, as a container has one: what is run of the image, and what its end means.
 *
 * It is an execution of the agent with a name that is known, which outlives the session. Whoever holds the Box attends it and writes what it
 * prints to the log, read or not; so it is never held up by readers that are not there.
 *
 * ```
 * start: exec, or (an adopted Box, a clone, a snapshot) taken up again ──▶ attended ──ends──▶ exit recorded, Box stopped
 * ```
 */
import { type AgentSession, type Execution, type ExitStatus } from '@boxlite/agent';
import { BoxliteError, type BoxLayout } from '@boxlite/shared';
import type { BoxAction, EventAttributes } from '../events/runtime-event.js';
import { tellEnd, tellExecution } from '../events/tell-execution.js';
import type { ImageConfig } from '../images/format/image-config.js';
import type { Logger } from '../logging/logger.js';
import type { BoxConfig } from '../options/box-config.js';
import type { BoxState } from './box-state.js';
import { stopSignalNumber } from '../options/stop-signal.js';
import { MainLog } from './main-log.js';
import type { StateKeeper } from './state-keeper.js';

const ID = 'main';
/** For the guest to write its disk, when the main process has used up the time. */
const LEAST_GRACE_MS = 100;

const isNotFound = (error: unknown): boolean => error instanceof BoxliteError && error.code === 'NotFound';

/** True for a Box that has a main process. */
export const hasMain = ({ entrypoint, cmd, tty }: Pick<BoxConfig, 'entrypoint' | 'cmd' | 'tty'>): boolean =>
  entrypoint !== null || cmd !== null || tty;

/**
 * What is run: the entrypoint with the command given, or with the image's own (OCI image-spec, config.md; as Docker combines them).
 * @throws BoxliteError `InvalidArgument` when there is nothing to run.
 */
export const mainCommand = (
  { entrypoint, cmd }: Pick<BoxConfig, 'entrypoint' | 'cmd'>,
  image: Pick<ImageConfig, 'entrypoint' | 'cmd'>,
): [command: string, ...args: string[]] => {
  const given = cmd !== null && cmd.length > 0 ? cmd : undefined;
  const [command, ...args] = [...(entrypoint ?? image.entrypoint), ...(given ?? (entrypoint === null ? image.cmd : []))];
  if (command === undefined) throw new BoxliteError('InvalidArgument', 'the image has no command of its own; give one as cmd');
  return [command, ...args];
};

/** SIGTERM also for an image that names what is no signal. */
const signalFor = (name: string | null): number => {
  try {
    return stopSignalNumber(name ?? 'SIGTERM');
  } catch {
    return stopSignalNumber('SIGTERM');
  }
};

/** How long others may go on when the main process has ended, in milliseconds: long enough to say that they end. */
export const MAIN_ENDED_GRACE_MS = 500;

const withoutMain = (id: string): BoxliteError =>
  new BoxliteError('InvalidState', `Box ${id} has no main process; create it with cmd or entrypoint, or run a command in it with exec`);

/** What whoever starts a Box by attaching to its main process may ask of that. */
export interface AttachOptions {
  /** The size of its terminal from the first moment on, where it has one and is started by this. @defaultValue 24 rows of 80 columns */
  size?: { rows: number; columns: number };
  /** Where it is started by this: ends it, with all of its group, after so many milliseconds. @defaultValue no limit */
  timeoutMs?: number;
}

export interface MainHost {
  readonly config: BoxConfig;
  readonly layout: BoxLayout;
  readonly keeper: StateKeeper;
  readonly log: Logger;
  /** Stops the Box, whose main process has ended. */
  stop(): Promise<void>;
  /** Tells those who listen to the runtime. */
  tell(action: BoxAction, attributes: EventAttributes): void;
}

export class MainProcess {
  #execution: Execution | undefined;
  #awaited: AttachOptions | undefined;
  #left = false;
  #exit: ExitStatus | undefined;
  #ended: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(private readonly host: MainHost) {}

  /** Somebody reads what the next start prints, from its first byte. @throws BoxliteError `InvalidState` when the Box has none. */
  await(options: AttachOptions): void {
    if (!hasMain(this.host.config)) throw withoutMain(this.host.config.id);
    this.#awaited = options;
  }

  /** True while the Box runs without its main process, for its files alone. */
  get isLeftOut(): boolean {
    return this.#left;
  }

  /** With a VM that has just started, for the Box's files alone. How it ended last stays known. */
  leaveOut(): void {
    this.#left = hasMain(this.host.config);
  }

  /** For who reads its output; it does not go on for others from here. */
  attended(): Execution {
    const execution = this.#execution;
    if (execution === undefined) throw new BoxliteError('InvalidState', `the main process of Box ${this.host.config.id} does not run`);
    execution.unread = false;
    return execution;
  }

  /** What the Box's state says from the step on that makes it run. */
  beginning({ stopSignal }: ImageConfig): Partial<BoxState> {
    const { config } = this.host;
    return hasMain(config) ? { main: { stopSignal: config.stopSignal ?? stopSignal, exit: null } } : {};
  }

  /**
   * With a VM that has just started, whose state says so: starts it, or takes it up where the VM's memory is another one's.
   * @throws BoxliteError `Execution`, as `exec`.
   */
  async begin(session: AgentSession, image: ImageConfig, restored: boolean): Promise<void> {
    const { config } = this.host;
    this.#left = false;
    if (!hasMain(config)) return;
    if (restored) {
      await this.#takeUp(session).catch((error: unknown) => {
        // It had ended there, and that was known.
        if (!isNotFound(error)) throw error;
        this.#stopBox();
      });
      return;
    }
    const [command, ...args] = mainCommand(config, image);
    const { size, timeoutMs } = this.#awaited ?? {};
    const stdin = config.openStdin ? ('pipe' as const) : ('closed' as const);
    const options = { tty: config.tty && (size ?? true), stdin, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
    const execution = await session.execKept(ID, command, args, options);
    tellExecution(execution, command, this.#tell);
    // Of one that is started again and again, the log says why.
    this.#attend(execution, this.host.keeper.state.restarts === 0);
  }

  /** With a VM that an earlier runtime has left, or that was paused: takes it up again. A Box whose main process has ended meanwhile is stopped then. */
  async adopt(meet: () => Promise<AgentSession>): Promise<void> {
    const { config, keeper, log } = this.host;
    if (!hasMain(config) || this.#execution !== undefined) return;
    try {
      // A program that had it for its files alone was cut off.
      if (keeper.state.main?.exit === null) await this.#takeUp(await meet());
      else this.#stopBox();
    } catch (error) {
      // A program has heard of its end, and ended before it had written that down.
      if (isNotFound(error)) this.#stopBox();
      else log.warn('the main process of a Box could not be taken up again', { box: config.id, error: String(error) });
    }
    // One that is removed by itself is, as soon as its runtime is open.
    if (!config.autoRemove) await this.#stopping;
  }

  /** Resolves when the end of a main process that has ended is dealt with; at once while it runs. */
  async settled(): Promise<void> {
    if (this.#exit === undefined) return;
    await this.#ended;
    await this.#stopping;
  }

  async #takeUp(session: AgentSession): Promise<void> {
    const execution = await session.execution(ID);
    tellEnd(execution, this.#tell);
    this.#attend(execution, false);
    // What it printed meanwhile is in the log then, and what came with it, an end above all, is known.
    await Promise.all([execution.caughtUp(), session.ping()]);
    if (this.#exit !== undefined) await this.#ended;
  }

  readonly #tell = (action: BoxAction, attributes: EventAttributes): void => {
    this.host.tell(action, attributes);
  };

  /** Asks it to end, by its stop signal, and waits for that. Gives what is left of the time. */
  async stop(timeoutMs: number): Promise<number> {
    const execution = this.#execution;
    this.#execution = undefined;
    if (execution === undefined || this.#exit !== undefined || timeoutMs === 0) return timeoutMs;
    const begin = performance.now();
    await execution.kill(signalFor(this.host.keeper.state.main?.stopSignal ?? null));
    const timeout = AbortSignal.timeout(timeoutMs);
    const late = new Promise<void>((resolve) => {
      timeout.addEventListener('abort', () => {
        resolve();
      });
    });
    await Promise.race([this.#ended, late]);
    return Math.max(LEAST_GRACE_MS, Math.round(timeoutMs - (performance.now() - begin)));
  }

  #attend(execution: Execution, fresh: boolean): void {
    const log = new MainLog(this.host.layout.mainLog, { fresh });
    for (const source of ['stdout', 'stderr'] as const) log.writeMissed(source, execution.missed[source]);
    execution.watch((source, chunk) => {
      log.write(source, chunk);
    });
    execution.signalAlone();
    execution.unread = this.#awaited === undefined;
    this.#awaited = undefined;
    this.#execution = execution;
    this.#exit = undefined;
    void execution.wait().then(
      (exit) => {
        this.#exit = exit;
      },
      () => {
        // It may go on without this session, and be taken up again.
        if (this.#execution === execution) this.#execution = undefined;
      },
    );
    this.#ended = execution
      .waitForOutput()
      .then((status) => this.#record(status))
      // Its VM, or this program's hold of it, ended before.
      .catch(() => undefined)
      .finally(() => {
        log[Symbol.dispose]();
      });
  }

  async #record({ exitCode, signal, oomKilled }: ExitStatus): Promise<void> {
    const { keeper } = this.host;
    const stopSignal = keeper.state.main?.stopSignal ?? null;
    await keeper.regardless(keeper.change({ main: { stopSignal, exit: { exitCode, signal, oomKilled } } }));
    this.#stopBox();
  }

  /** Not waited for: who stops the Box may wait for this. */
  #stopBox(): void {
    this.#stopping = this.host.stop().catch((error: unknown) => {
      this.host.log.error('a Box whose main process has ended could not be stopped', { box: this.host.config.id, error: String(error) });
    });
  }
}
