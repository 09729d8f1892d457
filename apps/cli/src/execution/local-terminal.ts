import type { Execution } from '@boxlite/core';
import type { Cli, Output } from '../cli.js';
import { CliError } from '../errors/cli-error.js';

type Size = { rows: number; columns: number };

const sizeOf = ({ isTTY, rows, columns }: Output): Size | undefined =>
  // A terminal that does not know its size says 0.
  isTTY === true && rows !== undefined && columns !== undefined && rows > 0 && columns > 0 ? { rows, columns } : undefined;

/**
 * The size of the terminal that a command is given: that of ours, where there is one.
 * @throws CliError when keys are to be passed on that no terminal gives, as Docker does.
 */
export const terminalSize = (cli: Cli, stdin: boolean): Size | undefined => {
  if (stdin && cli.stdinKind !== 'terminal') {
    throw new CliError('the input device is not a TTY', 'Leave -t out to forward a pipe or a file, or -i to forward nothing.');
  }
  return sizeOf(cli.stdout) ?? sizeOf(cli.stderr);
};

/**
 * Our terminal while a command has one of its own: our keys go to the command as they are, Ctrl-C included, and each change of our size too.
 * What was changed is put back at the end of the block; where the process ends without one, Node.js does it.
 */
export class LocalTerminal implements Disposable {
  readonly #cli: Cli;
  readonly #window: Output;
  readonly #keys: boolean;
  readonly #onResize: () => void;

  /** @param keys whether keys are passed on */
  constructor(cli: Cli, execution: Execution, keys: boolean) {
    this.#cli = cli;
    this.#window = sizeOf(cli.stdout) === undefined ? cli.stderr : cli.stdout;
    this.#keys = keys;
    this.#onResize = () => {
      const size = sizeOf(this.#window);
      // It fails only with the execution, which others see.
      if (size !== undefined) execution.resize(size).catch(() => undefined);
    };
    this.#window.on('resize', this.#onResize);
    // It may have changed since the command was asked for.
    this.#onResize();
    if (keys) cli.setRawTerminal(true);
  }

  [Symbol.dispose](): void {
    this.#window.off('resize', this.#onResize);
    if (this.#keys) this.#cli.setRawTerminal(false);
  }
}
