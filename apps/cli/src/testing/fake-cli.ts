import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import type { BoxInfo, BoxliteRuntime, BoxOptions, ExecOptions, RuntimeOptions } from '@boxlite/core';
import { BoxliteError } from '@boxlite/shared';
import type { Cli } from '../cli.js';
import { runCommandLine } from '../run-command-line.js';
import { FakeExecution } from './fake-execution.js';
import { Sink } from './sink.js';

export const IMAGE = {
  reference: 'docker.io/library/debian:12',
  digest: `sha256:${'ab'.repeat(32)}`,
  sizeBytes: 48_000_000,
  createdAt: new Date('2026-01-01T00:00:00Z'),
  config: { env: [], entrypoint: [], cmd: ['bash'], workingDir: null, user: null },
};

/** A Box that stands in a list, and does what it is told. */
class FakeBox {
  readonly info_: Partial<BoxInfo> & Pick<BoxInfo, 'id' | 'status' | 'startedAt'>;
  /** What each command does; ends with 0 at once unless told otherwise. */
  onExec: (execution: FakeExecution, argv: string[], options: ExecOptions) => void = (execution) => {
    execution.exit();
  };
  starting: Promise<void> = Promise.resolve();

  constructor(
    readonly options: BoxOptions,
    readonly id: string,
    readonly runtime: FakeRuntime,
  ) {
    this.info_ = {
      id,
      name: options.name ?? null,
      image: options.image ?? 'embedded',
      status: 'configured',
      createdAt: '2026-01-01T00:00:00Z',
      startedAt: null,
      stoppedAt: null,
      labels: {},
      cpus: 1,
      memoryMib: 512,
      detach: options.detach === true,
    };
  }

  get name(): string | undefined {
    return this.options.name;
  }

  info(): Promise<BoxInfo> {
    return Promise.resolve(this.info_ as BoxInfo);
  }

  async start(): Promise<void> {
    await this.starting;
    Object.assign(this.info_, { status: 'running', startedAt: '2026-01-01T00:01:00Z' });
  }

  async exec(command: string, args: string[], options: ExecOptions): Promise<unknown> {
    await this.start();
    this.runtime.calls.push(['exec', [command, ...args], options]);
    if (command === 'missing') throw new BoxliteError('Execution', "'missing' was not found in the Box", { reason: 'command-not-found' });
    const execution = new FakeExecution();
    setImmediate(() => {
      this.onExec(execution, [command, ...args], options);
    });
    return execution;
  }

  stop(options: object): Promise<void> {
    this.runtime.calls.push(['stop', this.id, options]);
    return Promise.resolve();
  }

  remove(options: { force?: boolean } = {}): Promise<void> {
    return this.runtime.remove(this.id, options);
  }
}

/** Core as the command line sees it, without machines behind it. */
class FakeRuntime {
  readonly calls: unknown[][] = [];
  readonly boxes: FakeBox[] = [];
  closed = false;
  onCreate: (box: FakeBox) => void = () => undefined;
  readonly images = {
    list: () => Promise.resolve([IMAGE]),
    resolve: (reference: string, options: object) => this.#image('resolve', reference, options),
    pull: (reference: string, options: object) => this.#image('pull', reference, options),
    get: (reference: string) => this.#image('get', reference),
    remove: (reference: string) => this.#image('remove', reference),
  };

  create(options: BoxOptions): Promise<FakeBox> {
    if (options.cpus === 0)
      return Promise.reject(new BoxliteError('InvalidArgument', 'cpus is 0; it must be a whole number from 1 to 255'));
    this.calls.push(['create', options]);
    const box = new FakeBox(options, `0000000000${String(this.boxes.length + 10)}`, this);
    this.boxes.push(box);
    this.onCreate(box);
    return Promise.resolve(box);
  }

  get(name: string): Promise<FakeBox> {
    const box = this.boxes.find(({ id, options }) => id === name || options.name === name);
    return box === undefined ? Promise.reject(new BoxliteError('NotFound', `there is no Box '${name}'`)) : Promise.resolve(box);
  }

  async list(): Promise<BoxInfo[]> {
    return Promise.all(this.boxes.map((box) => box.info()));
  }

  async remove(name: string, options: object): Promise<void> {
    const box = await this.get(name);
    this.calls.push(['remove', name, options]);
    this.boxes.splice(this.boxes.indexOf(box), 1);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  #image(how: string, reference: string, options?: object): Promise<typeof IMAGE> {
    this.calls.push([how, reference, ...(options === undefined ? [] : [options])]);
    return reference.includes('missing')
      ? Promise.reject(new BoxliteError('Image', `there is no image ${reference}`))
      : Promise.resolve(IMAGE);
  }
}

/** Runs `boxlite` on a fake core. */
export const fakeCli = ({ stdinKind = 'nothing', stdin = Readable.from([]) }: { stdinKind?: Cli['stdinKind']; stdin?: Readable } = {}) => {
  const runtime = new FakeRuntime();
  const signals = new EventEmitter();
  const opened: RuntimeOptions[] = [];
  const stdout = new Sink();
  const stderr = new Sink();
  const cli: Cli = {
    env: { HOME: '/home/me' },
    stdout,
    stderr,
    stdinKind,
    stdin: () => stdin,
    signals,
    now: () => Date.parse('2026-01-01T00:05:00Z'),
    loadCore: () =>
      Promise.resolve({
        EMBEDDED_IMAGE: 'boxlite.local/busybox:latest',
        BoxliteRuntime: {
          open: (options) => {
            opened.push(options);
            return Promise.resolve(runtime as unknown as BoxliteRuntime);
          },
        },
      }),
  };
  const boxlite = (...args: string[]): Promise<number> => runCommandLine(args, cli);
  const send = (signal: NodeJS.Signals): boolean => signals.emit(signal, signal);
  return { runtime, opened, stdout, stderr, signals, send, boxlite };
};
