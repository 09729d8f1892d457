import { Readable } from 'node:stream';
import type { BoxInfo, BoxOptions, ExecOptions, SnapshotInfo } from '@boxlite/core';
import { BoxliteError } from '@boxlite/shared';
import { FakeExecution } from './fake-execution.js';

/** What a Box needs of the runtime that it is in. */
interface FakeBoxRuntime {
  readonly calls: unknown[][];
  create(options: BoxOptions): Promise<FakeBox>;
  remove(id: string, options: object): Promise<void>;
}

/** A Box that stands in a list, and does what it is told. */
export class FakeBox {
  readonly info_: Partial<BoxInfo> & Pick<BoxInfo, 'id' | 'status' | 'startedAt'>;
  /** What each command does; ends with 0 at once unless told otherwise. */
  onExec: (execution: FakeExecution, argv: string[], options: ExecOptions) => void = (execution) => {
    execution.exit();
  };
  starting: Promise<void> = Promise.resolve();
  readonly kept: SnapshotInfo[] = [];
  readonly snapshots = {
    list: () => Promise.resolve(this.kept),
    create: async (name: string) => {
      await this.starting;
      this.kept.unshift({ name, createdAt: '2026-01-01T00:02:00Z', memory: this.info_.status === 'running', sizeBytes: 3_400_000 });
    },
    restore: (name: string, options: object) => {
      this.runtime.calls.push(['restore', this.id, name, options]);
      return Promise.resolve();
    },
    remove: (name: string) => {
      const at = this.kept.findIndex((each) => each.name === name);
      if (at < 0)
        return Promise.reject(
          new BoxliteError('NotFound', `there is no snapshot '${name}'; list() and 'boxlite snapshot ls' show those that exist`),
        );
      this.kept.splice(at, 1);
      return Promise.resolve();
    },
  };

  constructor(
    readonly options: BoxOptions,
    readonly id: string,
    readonly runtime: FakeBoxRuntime,
  ) {
    this.info_ = {
      id,
      name: options.name ?? null,
      image: options.image ?? 'embedded',
      status: 'configured',
      createdAt: '2026-01-01T00:00:00Z',
      startedAt: null,
      startedFrom: null,
      stoppedAt: null,
      stopReason: null,
      health: null,
      error: null,
      labels: {},
      cpus: 1,
      memoryMib: 512,
      detach: options.detach === true,
      entrypoint: options.entrypoint === undefined ? null : [...options.entrypoint],
      cmd: options.cmd === undefined ? null : [...options.cmd],
      tty: options.tty === true,
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
    Object.assign(this.info_, { status: 'running', startedAt: '2026-01-01T00:01:00Z', startedFrom: 'template' });
  }

  /** Its main process; the entrypoint and command given, or the image's. */
  attach(options: object): Promise<unknown> {
    const { entrypoint = [], cmd = [], openStdin } = this.options;
    const [command = '', ...args] = [...entrypoint, ...(cmd.length > 0 || entrypoint.length > 0 ? cmd : ['bash'])];
    return this.exec(command, args, { ...options, ...(openStdin === true ? { stdin: 'pipe' as const } : {}) });
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

  async clone(options: { name?: string; count?: number }): Promise<FakeBox[]> {
    this.runtime.calls.push(['clone', this.id, options]);
    await this.starting;
    return Promise.all(Array.from({ length: options.count ?? 1 }, () => this.runtime.create({ detach: true })));
  }

  pause(): Promise<void> {
    if (this.info_.status !== 'running')
      return Promise.reject(new BoxliteError('InvalidState', `Box ${this.id} is stopped; it must be running or paused for this`));
    this.info_.status = 'paused';
    return Promise.resolve();
  }

  resume(): Promise<void> {
    this.info_.status = 'running';
    return Promise.resolve();
  }

  copyIn(from: string, to: string, options: object): Promise<object> {
    this.runtime.calls.push(['copyIn', from, to, options]);
    return Promise.resolve({ entries: 1, bytes: 5, skipped: 0, lostXattrs: 0 });
  }

  copyOut(from: string, to: string, options: object): Promise<object> {
    this.runtime.calls.push(['copyOut', from, to, options]);
    return Promise.resolve({ entries: 2, bytes: 1234, skipped: 1, lostXattrs: 0 });
  }

  async copyTarIn(archive: Readable, to: string, options: object): Promise<object> {
    let bytes = 0;
    for await (const chunk of archive) bytes += (chunk as Buffer).length;
    this.runtime.calls.push(['copyTarIn', to, options]);
    return { entries: 1, bytes, skipped: 0, lostXattrs: 0 };
  }

  copyTarOut(from: string, options: { onProgress?: (progress: object) => void }): Readable {
    this.runtime.calls.push(['copyTarOut', from, options]);
    options.onProgress?.({ entries: 2, bytes: 1234 });
    return Readable.from([Buffer.from('an '), Buffer.from('archive')]);
  }

  export(file: string): Promise<string> {
    this.runtime.calls.push(['export', this.id, file]);
    return Promise.resolve(file);
  }

  stop(options: object): Promise<void> {
    this.runtime.calls.push(['stop', this.id, options]);
    return Promise.resolve();
  }

  remove(options: { force?: boolean } = {}): Promise<void> {
    return this.runtime.remove(this.id, options);
  }
}
