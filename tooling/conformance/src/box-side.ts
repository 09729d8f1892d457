import { constants } from 'node:os';
import type { BoxliteRuntime, BoxOptions, LiteBox } from '@boxlite/core';
import { argv, type Command, type Outcome, type Side, timeoutMs } from './command.js';

/** A Box, through the public API. */
export class BoxSide implements Side {
  private constructor(private readonly box: LiteBox) {}

  static async start(runtime: BoxliteRuntime, options: BoxOptions): Promise<BoxSide> {
    const box = await runtime.create({ memoryMib: 384, ...options });
    try {
      await box.start();
      return new BoxSide(box);
    } catch (error) {
      await box.remove({ force: true });
      throw error;
    }
  }

  async run(command: Command): Promise<Outcome> {
    const [program = '', ...args] = argv(command);
    const { user, workingDir, env, stdin } = command;
    const { exitCode, signal, stdout, stderr } = await this.box.run(program, args, {
      ...(user === undefined ? {} : { user: user.name }),
      ...(workingDir === undefined ? {} : { workingDir }),
      ...(env === undefined ? {} : { env }),
      ...(stdin === undefined ? {} : { stdin }),
      timeoutMs: timeoutMs(command),
    });
    return { status: exitCode ?? 128 + (signal === null ? 0 : constants.signals[signal]), stdout, stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.box.remove({ force: true });
  }
}
