import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import type { BoxInfo, BoxliteRuntime, BoxOptions, RecoveryAction, RuntimeEvent, RuntimeOptions } from '@boxlite/core';
import { BoxliteError } from '@boxlite/shared';
import type { Cli } from '../cli.js';
import { runCommandLine } from '../run-command-line.js';
import { FakeBox } from './fake-box.js';
import { FakeVolumes } from './fake-volumes.js';
import { Sink } from './sink.js';

export const IMAGE = {
  reference: 'docker.io/library/debian:12',
  digest: `sha256:${'ab'.repeat(32)}`,
  sizeBytes: 48_000_000,
  createdAt: new Date('2026-01-01T00:00:00Z'),
  config: { env: [], entrypoint: [], cmd: ['bash'], workingDir: null, user: null },
};

/** What has happened in the home. */
const EVENTS: readonly RuntimeEvent[] = [
  { time: '2026-01-01T00:00:00.000Z', type: 'image', action: 'pulled', id: IMAGE.digest, name: IMAGE.reference, attributes: { bytes: 7 } },
  { time: '2026-01-01T00:00:01.000Z', type: 'box', action: 'created', id: '000000000010', name: null, attributes: {} },
  {
    time: '2026-01-01T00:00:02.000Z',
    type: 'box',
    action: 'exec-ended',
    id: '000000000010',
    name: null,
    attributes: { exec: 'x\u001b[31m\n', exitCode: 3, signal: null },
  },
];

/** Core as the command line sees it, without machines behind it. */
class FakeRuntime {
  readonly calls: unknown[][] = [];
  readonly boxes: FakeBox[] = [];
  closed = false;
  /** Whether it was closed in a hurry. */
  hurried = false;
  onCreate: (box: FakeBox) => void = () => undefined;
  readonly images = {
    list: () => Promise.resolve([IMAGE]),
    resolve: (reference: string, options: object) => this.#image('resolve', reference, options),
    pull: (reference: string, options: object) => this.#image('pull', reference, options),
    get: (reference: string) => this.#image('get', reference),
    remove: (reference: string) => this.#image('remove', reference),
  };

  readonly volumes = new FakeVolumes();
  readonly recovery: { actions: RecoveryAction[]; durationMs: number } = { actions: [], durationMs: 0 };

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

  import(file: string, { name }: { name?: string }): Promise<FakeBox> {
    this.calls.push(['import', file]);
    return this.create({ ...(name === undefined ? {} : { name }), detach: true });
  }

  async remove(name: string, options: object): Promise<void> {
    const box = await this.get(name);
    this.calls.push(['remove', name, options]);
    this.boxes.splice(this.boxes.indexOf(box), 1);
  }

  close({ signal }: { signal?: AbortSignal }): Promise<void> {
    this.closed = true;
    this.hurried = signal?.aborted === true;
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
  const raws: boolean[] = [];
  const stdout = new Sink();
  const stderr = new Sink();
  const cli: Cli = {
    env: { HOME: '/home/me' },
    cwd: '/here',
    stdout,
    stderr,
    stdinKind,
    stdin: () => stdin,
    setRawTerminal: (raw) => {
      raws.push(raw);
    },
    signals,
    now: () => Date.parse('2026-01-01T00:05:00Z'),
    loadCore: () =>
      Promise.resolve({
        readEvents: () => Readable.from(EVENTS) as AsyncIterable<RuntimeEvent>,
        EMBEDDED_IMAGE: 'boxlite.local/busybox:latest',
        homeDirectory: (home = '/home/me/.boxlite') => home,
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
  return { cli, runtime, opened, raws, stdout, stderr, signals, send, boxlite };
};
