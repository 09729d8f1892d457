import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Where `dev setup` puts the engine; absent in a checkout that was not set up. */
const BUNDLE = join(__dirname, '../../../../platform/engine-linux-x64/engine');

/** `test`, or a skipped one that says that there is no engine; in CI there must be one. */
export const testWithEngine = (): jest.It => {
  if (existsSync(BUNDLE) || process.env['CI'] !== undefined) return test;
  process.stderr.write('skipped: no engine; set up the checkout first\n');
  return test.skip;
};

/** A QEMU that is spoken to over QMP; killed when it is disposed of. */
export class TestEngine implements AsyncDisposable {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #control: Socket;
  readonly #answers: AsyncIterator<string>;
  #output = '';

  private constructor(child: ChildProcess) {
    const control = child.stdio[3];
    if (!(control instanceof Socket) || child.pid === undefined) throw new Error('the engine did not start');
    this.pid = child.pid;
    this.#child = child;
    this.#control = control;
    // An engine that ends resets the connection; that it has ended is an event of its own.
    control.on('error', () => undefined);
    this.#answers = createInterface(control)[Symbol.asyncIterator]();
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
  }

  /** Without devices, and with its CPUs stopped. */
  static async start(...args: readonly string[]): Promise<TestEngine> {
    const lib = join(BUNDLE, 'lib');
    const child = spawn(
      join(lib, 'ld-linux-x86-64.so.2'),
      [
        ...['--library-path', lib, join(BUNDLE, 'bin/qemu-system-x86_64'), '-L', join(BUNDLE, 'share/qemu')],
        ...['-nodefaults', '-no-user-config', '-display', 'none', '-S', '-accel', 'tcg'],
        ...['-chardev', 'socket,id=control,fd=3', '-mon', 'chardev=control,mode=control', ...args],
      ],
      { env: { QEMU_MODULE_DIR: join(lib, 'qemu') }, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] },
    );
    const engine = new TestEngine(child);
    await engine.#next();
    await engine.command('qmp_capabilities');
    return engine;
  }

  async command(execute: string, args: Record<string, unknown> = {}): Promise<unknown> {
    this.#control.write(`${JSON.stringify({ execute, arguments: args })}\n`);
    for (;;) {
      const answer = JSON.parse(await this.#next()) as { return?: unknown; error?: unknown };
      if (answer.error !== undefined) throw new Error(`${execute}: ${JSON.stringify(answer.error)}`);
      if ('return' in answer) return answer.return;
    }
  }

  /** Runs a command of qemu-io on a block node; what it says comes out with `quit`. */
  async io(node: string, command: string): Promise<void> {
    await this.command('human-monitor-command', { 'command-line': `qemu-io ${node} "${command}"` });
  }

  /** Ends it in order, so that its files are whole, and gives all that it printed. */
  async quit(): Promise<string> {
    const ended = this.#ended();
    this.#control.write('{"execute":"quit"}\n');
    await ended;
    return this.#output;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.#ended();
    this.#child.kill('SIGKILL');
    await ended;
  }

  async #next(): Promise<string> {
    const line = await this.#answers.next();
    if (line.done === true) throw new Error(`the engine ended: ${this.#output}`);
    return line.value;
  }

  async #ended(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    await new Promise((resolve) => this.#child.once('close', resolve));
  }
}
