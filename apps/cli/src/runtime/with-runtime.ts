import type { BoxliteRuntime } from '@boxlite/core';
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { compact } from '../options/compact.js';
import type { GlobalOptions } from '../options/global-options.js';
import { LineView } from '../progress/line-view.js';
import { type ProgressView, silentView } from '../progress/progress-view.js';
import { TerminalView } from '../progress/terminal-view.js';
import { Interrupts } from '../signals/interrupts.js';
import { globalOptionsOf } from './command-context.js';

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

/**
 * Opens the runtime for a command, and closes it whatever happens: attached Boxes end with it.
 * A signal ends the waits that go through `interrupts.until`.
 */
export const withRuntime = async <T>(cli: Cli, command: Command, work: (session: Session) => Promise<T>): Promise<T> => {
  const globals = globalOptionsOf(command);
  using interrupts = new Interrupts({ source: cli.signals });
  using progress = progressView(cli, globals.quiet === true);
  const { BoxliteRuntime, EMBEDDED_IMAGE } = await cli.loadCore();
  await using runtime = await BoxliteRuntime.open({
    ...compact({ home: globals.home, accelerator: globals.accelerator, isolation: globals.isolation }),
    onProgress: (event) => {
      progress.show(event);
    },
  });
  return await work({ runtime, embeddedImage: EMBEDDED_IMAGE, globals, interrupts, progress });
};
