import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { BoxliteRuntime, RuntimeOptions } from '@boxlite/core';
import type { Command } from 'commander';
import type { Cli, Core } from '../cli.js';
import { isLockedHome } from '../errors/locked-home.js';
import { compact } from '../options/compact.js';
import type { GlobalOptions } from '../options/global-options.js';
import { LineView } from '../progress/line-view.js';
import { type ProgressView, silentView } from '../progress/progress-view.js';
import { TerminalView } from '../progress/terminal-view.js';
import { Interrupts } from '../signals/interrupts.js';
import { recoveryLines } from '../output/recovery-lines.js';
import { SharedHome } from '../sharing/shared-home.js';
import { turnToOwner } from '../sharing/turn-to-owner.js';
import { globalOptionsOf, typedArguments } from './command-context.js';

/** What a command works with while it runs. */
export interface Session {
  readonly runtime: BoxliteRuntime;
  /** The reference of the image that is taken when none is named. */
  readonly embeddedImage: string;
  readonly globals: GlobalOptions;
  readonly interrupts: Interrupts;
  /** Disposed before the command's own output begins. */
  readonly progress: ProgressView;
}

const progressView = (cli: Cli, quiet: boolean): ProgressView => {
  if (quiet) return silentView();
  return cli.stderr.isTTY === true && cli.env['TERM'] !== 'dumb'
    ? new TerminalView(cli.stderr)
    : new LineView((text) => cli.stderr.write(text));
};

/** How long the commands of others may go on after ours without our saying so, in milliseconds. */
const UNSAID_MS = 1_000;

/** Who shows what core tells of a command that runs here for another process. */
const shownBy = new AsyncLocalStorage<ProgressView>();

/** Waits for the commands of others, which need this process. One more signal ends them. */
const waitForGuests = async (cli: Cli, shared: SharedHome, interrupts: Interrupts): Promise<void> => {
  using _forwarding = interrupts.forwardTo(() => {
    shared.hangUp();
  });
  const drained = shared.drain();
  const soon = new AbortController();
  // A command that is about to end, as the one that stopped us is, is not worth a word.
  const late = delay(UNSAID_MS, true, { signal: soon.signal }).catch(() => false);
  if (await Promise.race([drained.then(() => false), late]))
    cli.stderr.write(`boxlite: other commands still need this process: ${shared.titles.join(', ')}; Ctrl-C ends them\n`);
  soon.abort();
  await drained;
};

/**
 * Opens the runtime for a command, and closes it whatever happens: attached Boxes end with it. Meanwhile it runs the commands of others that
 * want the same home; where another process has it, that one runs ours.
 * A signal ends the waits that go through `interrupts.until`, and what the runtime still makes for later Boxes.
 */
export const withRuntime = async <T>(cli: Cli, command: Command, work: (session: Session) => Promise<T>): Promise<T> => {
  const globals = globalOptionsOf(command);
  const core = await cli.loadCore();
  const attempt = () => tryWithRuntime(cli, globals, core, work);
  const { runGuest } = cli;
  if (runGuest !== undefined) return turnToOwner(cli, core.homeDirectory(globals.home), typedArguments(command), attempt);
  const tried = await attempt();
  if ('locked' in tried) throw tried.locked;
  return tried.value;
};

const tryWithRuntime = async <T>(
  cli: Cli,
  globals: GlobalOptions,
  core: Core,
  work: (session: Session) => Promise<T>,
): Promise<{ value: T } | { locked: Error }> => {
  const { signals: source, exitAtOnce: exit, lost, runGuest: run } = cli;
  using interrupts = new Interrupts({ source, lost, ...compact({ exit }) });
  using progress = progressView(cli, globals.quiet === true);
  const options: RuntimeOptions = {
    ...compact({ home: globals.home, accelerator: globals.accelerator, isolation: globals.isolation }),
    onProgress: (event) => {
      (shownBy.getStore() ?? progress).show(event);
    },
  };
  let runtime: BoxliteRuntime;
  try {
    runtime = await core.BoxliteRuntime.open(options);
  } catch (error) {
    if (error instanceof Error && isLockedHome(error)) return { locked: error };
    throw error;
  }
  // A command that runs here for another process did not open the home.
  if (globals.quiet !== true && lost === undefined)
    for (const line of recoveryLines(runtime.recovery)) cli.stderr.write(`boxlite: ${line}\n`);
  const shared = run === undefined ? undefined : SharedHome.open({ runtime, core, options, run });
  const session = { runtime, embeddedImage: core.EMBEDDED_IMAGE, globals, interrupts, progress };
  try {
    return { value: await (lost === undefined ? work(session) : shownBy.run(progress, () => work(session))) };
  } finally {
    if (shared !== undefined) await waitForGuests(cli, shared, interrupts);
    await runtime.close({ signal: interrupts.hurry });
    shared?.close();
  }
};
