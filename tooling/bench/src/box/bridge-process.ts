import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { TestClient } from '@boxlite/bridge/testing';
import { root } from '../../../setup/src/paths.js';

const MAIN = join(root, 'packages/bridge/dist/main.js');

/** The built bridge as a process, and a client of it; at the end of the block both are gone. */
export class BridgeProcess implements AsyncDisposable {
  private constructor(
    private readonly child: ChildProcess,
    readonly client: TestClient,
  ) {}

  /** Starts it, and waits until it has answered a call: one to what it does not have, for that it has to know all that it has. */
  static async start(): Promise<BridgeProcess> {
    const child = spawn(process.execPath, [MAIN, '--fd', '3'], { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
    const bridge = new BridgeProcess(child, new TestClient(child.stdio[3] as Duplex));
    await bridge.client.hello();
    await bridge.client.answer(bridge.client.start('nothing'));
    return bridge;
  }

  /** Calls what gives a handle. @returns its number. */
  async handle(method: string, values: unknown[], on?: number): Promise<number> {
    const value = (await this.client.call(method, values, on === undefined ? {} : { h: on })) as { $handle: { h: number } };
    return value.$handle.h;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.child, 'exit');
    this.client[Symbol.dispose]();
    await ended;
  }
}
