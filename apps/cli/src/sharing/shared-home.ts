/**
 * The home of a command that has it, for the commands of other terminals.
 *
 * One process has a home at a time, and stays the only owner of all that is in it. A command that finds it in use has the owner run it:
 * it hands over its arguments, environment and directory, and lends its terminal, stdin and signals. See docs/decisions/0021.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createServer, type Server, type Socket } from 'node:net';
import type { BoxliteRuntime, BoxOptions, LiteBox, RuntimeOptions } from '@boxlite/core';
import type { Cli, Core } from '../cli.js';
import { CliError } from '../errors/cli-error.js';
import { VERSION } from '../version.js';
import { ASK, frame, FrameReader, type Hello, TELL } from './frames.js';
import { GuestCli } from './guest-cli.js';
import { SOCKET_NAME, SocketPath } from './socket-path.js';

/** How long a Box that a command has made for itself may take to stop when that ends. */
const STOP_MS = 3_000;

export type RunCommand = (args: readonly string[], cli: Cli) => Promise<number>;

interface Guest {
  socket: Socket;
  cli: GuestCli | undefined;
  title: string;
  done: Promise<unknown>;
}

export interface SharedHomeOptions {
  runtime: BoxliteRuntime;
  core: Core;
  /** What the owner opened the home with. */
  options: RuntimeOptions;
  run: RunCommand;
}

/** The runtime as a command of another process sees it: closing it ends what that command has made for itself, and nothing else. */
const lend = (runtime: BoxliteRuntime): BoxliteRuntime => {
  const own: LiteBox[] = [];
  const create = async (options: BoxOptions): Promise<LiteBox> => {
    const box = await runtime.create(options);
    if (options.detach !== true) own.push(box);
    return box;
  };
  const close = async (): Promise<void> => {
    await Promise.allSettled(own.map((box) => box.stop({ timeoutMs: STOP_MS })));
  };
  return new Proxy(runtime, {
    get: (target, name) => {
      if (name === 'create') return create;
      if (name === 'close') return close;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
};

const checkSame = (asked: RuntimeOptions, have: RuntimeOptions): void => {
  const other = (['accelerator', 'isolation'] as const).find((name) => asked[name] !== undefined && asked[name] !== have[name]);
  if (other === undefined) return;
  throw new CliError(
    `the home is in use by process ${String(process.pid)}, which was started without this --${other}`,
    'Wait until it ends, or leave the option out.',
  );
};

export class SharedHome {
  readonly #server: Server;
  readonly #path: SocketPath;
  readonly #guests = new Set<Guest>();
  #closing = false;

  private constructor(private readonly options: SharedHomeOptions) {
    this.#path = new SocketPath(options.runtime.home, process.pid);
    this.#server = createServer((socket) => {
      this.#welcome(socket);
    });
    // A home that cannot be shared is still one.
    this.#server.on('error', () => undefined);
    this.#server.unref();
  }

  /** Takes commands from now on; the caller has the home's lock. */
  static open(options: SharedHomeOptions): SharedHome {
    const { home: directory } = options.runtime;
    // Of owners that were killed.
    for (const name of readdirSync(directory)) if (SOCKET_NAME.test(name)) rmSync(join(directory, name), { force: true });
    const home = new SharedHome(options);
    const mask = process.umask(0o177);
    try {
      home.#server.listen(home.#path.path);
    } finally {
      process.umask(mask);
    }
    return home;
  }

  /** What still runs here for others. */
  get titles(): string[] {
    return [...this.#guests].filter(({ cli }) => cli !== undefined).map(({ title }) => title);
  }

  /** Takes no more; those that come wait until the home is free. Resolves when those that run have ended. */
  async drain(): Promise<void> {
    this.#closing = true;
    while (this.titles.length > 0) await Promise.all([...this.#guests].map(({ done }) => done));
  }

  /** Ends those that run. */
  hangUp(): void {
    for (const { socket, cli } of this.#guests) if (cli !== undefined) socket.destroy();
  }

  /** When the home is free: those that wait try again. */
  close(): void {
    this.#server.close();
    this.#path[Symbol.dispose]();
    for (const { socket } of this.#guests) socket.destroy();
  }

  #welcome(socket: Socket): void {
    const guest: Guest = { socket, cli: undefined, title: '', done: Promise.resolve() };
    this.#guests.add(guest);
    socket.on('error', () => undefined);
    new FrameReader(socket, (kind, content) => {
      try {
        if (guest.cli !== undefined) guest.cli.receive(kind, content);
        else if (kind === ASK.hello && !this.#closing) this.#begin(guest, JSON.parse(content.toString('utf8')) as Hello);
      } catch {
        socket.destroy();
      }
    });
    socket.once('close', () => {
      if (guest.cli === undefined) this.#guests.delete(guest);
      guest.cli?.lose();
    });
  }

  #begin(guest: Guest, hello: Hello): void {
    const { socket } = guest;
    if (hello.version !== VERSION) {
      socket.end(frame(TELL.refused, VERSION));
      return;
    }
    const { core, runtime, options, run } = this.options;
    const open = (asked: RuntimeOptions): Promise<BoxliteRuntime> => {
      checkSame(asked, options);
      return Promise.resolve(lend(runtime));
    };
    const cli = new GuestCli(socket, hello);
    const loadCore = (): Promise<Core> =>
      Promise.resolve({
        EMBEDDED_IMAGE: core.EMBEDDED_IMAGE,
        readEvents: (filter) => core.readEvents(filter),
        homeDirectory: (directory) => core.homeDirectory(directory),
        BoxliteRuntime: { open },
      });
    guest.cli = cli;
    socket.write(frame(TELL.accepted, true));
    guest.title = `${hello.args.slice(0, 2).join(' ')} (process ${String(hello.pid)})`;
    guest.done = run(hello.args, Object.assign(cli, { loadCore }))
      .then((exitCode) => {
        socket.end(frame(TELL.exit, exitCode));
      })
      .finally(() => {
        this.#guests.delete(guest);
      });
  }
}
