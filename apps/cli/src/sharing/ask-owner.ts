import { connect, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Cli } from '../cli.js';
import { CliError } from '../errors/cli-error.js';
import { outputError } from '../output/print.js';
import { VERSION } from '../version.js';
import { ASK, frame, FrameReader, type Hello, MAX_CHUNK, type Screen, TELL } from './frames.js';
import { SocketPath } from './socket-path.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** What came of asking: the command's exit code; `absent`: nobody takes commands there (yet); `leaving`: not any more. */
export type Answer = number | 'absent' | 'leaving';

const connected = (home: string, owner: number): Promise<Socket | undefined> =>
  new Promise((resolve) => {
    using socket = new SocketPath(home, owner);
    const connection = connect(socket.path);
    connection.once('connect', () => {
      resolve(connection);
    });
    connection.on('error', () => {
      resolve(undefined);
    });
  });

const screen = (cli: Cli, stream: 'stdout' | 'stderr'): Screen | undefined => {
  const { isTTY, columns, rows } = cli[stream];
  return isTTY === true ? { stream, columns: columns ?? 0, rows: rows ?? 0 } : undefined;
};

/** Lends our streams, terminal and signals to the command that runs over there, until the connection ends. */
class Lending implements Disposable {
  #input: Readable | undefined;
  #failure: Error | undefined;
  #raw = false;
  #exitCode: number | undefined;
  #refused = false;
  #full = false;
  #accepted = false;
  readonly #undo: (() => void)[] = [];

  constructor(
    private readonly cli: Cli,
    private readonly socket: Socket,
  ) {
    for (const signal of SIGNALS) {
      const pass = (): void => {
        this.#send(ASK.signal, signal);
      };
      cli.signals.on(signal, pass);
      this.#undo.push(() => cli.signals.off(signal, pass));
    }
    for (const stream of ['stdout', 'stderr'] as const) {
      const resized = (): void => {
        const size = screen(cli, stream);
        if (size !== undefined) this.#send(ASK.resize, size);
      };
      cli[stream].on('resize', resized);
      this.#undo.push(() => cli[stream].off('resize', resized));
    }
    new FrameReader(socket, (kind, content) => {
      this.#receive(kind, content);
    });
  }

  /** How it ended. */
  async ended(): Promise<Answer> {
    await new Promise((resolve) => this.socket.once('close', resolve));
    await Promise.all([this.#flushed('stdout'), this.#flushed('stderr')]);
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#refused) throw new CliError('the home is in use by a boxlite of another version', 'Wait until it ends.');
    if (this.#exitCode !== undefined) return this.#exitCode;
    if (!this.#accepted) return 'leaving';
    throw new CliError('the command was cut off: the process that had the home ended');
  }

  [Symbol.dispose](): void {
    for (const undo of this.#undo) undo();
    if (this.#raw) this.cli.setRawTerminal(false);
    this.#input?.destroy();
  }

  #flushed(stream: 'stdout' | 'stderr'): Promise<void> {
    return new Promise((resolve) => {
      this.cli[stream].write('', (error) => {
        if (error) this.#failure ??= outputError(error);
        resolve();
      });
    });
  }

  #send(kind: number, content: Buffer | object | string): void {
    if (!this.socket.destroyed) this.socket.write(frame(kind, content));
  }

  #receive(kind: number, content: Buffer): void {
    if (kind === TELL.stdout || kind === TELL.stderr) this.#print(kind === TELL.stdout ? 'stdout' : 'stderr', content);
    else if (kind === TELL.wantStdin) this.#feed();
    else if (kind === TELL.refused) this.#refused = true;
    else if (kind === TELL.accepted) this.#accepted = true;
    else if (kind === TELL.raw) {
      this.#raw = content.toString() === 'true';
      this.cli.setRawTerminal(this.#raw);
    } else if (kind === TELL.exit) this.#exitCode = Number(content.toString());
  }

  #print(stream: 'stdout' | 'stderr', content: Buffer): void {
    // Nobody reads any more; the command hears of it, and ends.
    if (this.#failure !== undefined) return;
    const output = this.cli[stream];
    const hasRoom = output.write(content, (error) => {
      if (!error || this.#failure !== undefined) return;
      this.#failure = outputError(error);
      this.socket.resume();
      this.#send(ASK.outputFailed, { stream, code: (error as NodeJS.ErrnoException).code ?? 'EIO' });
    });
    if (hasRoom || this.#full) return;
    this.#full = true;
    this.socket.pause();
    output.once('drain', () => {
      this.#full = false;
      this.socket.resume();
    });
  }

  /** One chunk of stdin, or its end. */
  #feed(): void {
    const input = (this.#input ??= this.cli.stdin().on('error', () => undefined));
    const chunk = input.read() as Buffer | null;
    if (chunk !== null) {
      this.#send(ASK.stdin, chunk.subarray(0, MAX_CHUNK));
      if (chunk.length > MAX_CHUNK) input.unshift(chunk.subarray(MAX_CHUNK));
    } else if (input.readableEnded || input.destroyed) {
      this.#send(ASK.stdin, Buffer.alloc(0));
    } else {
      const again = (): void => {
        input.off('readable', again).off('end', again);
        this.#feed();
      };
      input.on('readable', again).on('end', again);
    }
  }
}

/**
 * Has the process that has the home run this command for us.
 * @throws CliError when that ended while the command ran; OutputClosedError, CliError when what is printed cannot be written
 */
export const askOwner = async (cli: Cli, home: string, owner: number, args: readonly string[]): Promise<Answer> => {
  const socket = await connected(home, owner);
  if (socket === undefined) return 'absent';
  using lending = new Lending(cli, socket);
  const screens = [screen(cli, 'stdout'), screen(cli, 'stderr')].filter((each) => each !== undefined);
  const hello: Hello = { version: VERSION, pid: process.pid, args, cwd: cli.cwd, env: cli.env, stdinKind: cli.stdinKind, screens };
  socket.write(frame(ASK.hello, hello));
  return await lending.ended();
};
