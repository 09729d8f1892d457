import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Place } from '../place/place.js';
import type { FaultControl } from './fault-control.js';
import type { Report, Request } from './messages.js';

const PROGRAM = new URL('./main.ts', import.meta.url).pathname;

/** One process that can have the home; there until it is killed or let go. */
export class WorkerProcess {
  #onReport: (report: Report) => void = () => undefined;
  /** Resolves when it has ended and all that it wrote was read. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; errors: string }>;

  /** Resolves when it can be asked. */
  readonly ready: Promise<void>;

  private constructor(
    private readonly child: ChildProcess,
    readonly control: FaultControl,
  ) {
    let errors = '';
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      errors = (errors + chunk).slice(-20_000);
    });
    this.ready = new Promise((resolve) => {
      this.#onReport = () => {
        resolve();
      };
      child.once('exit', () => {
        resolve();
      });
    });
    const lines = createInterface({ input: child.stdio[3] as Readable });
    lines.on('line', (line) => {
      this.#onReport(JSON.parse(line) as Report);
    });
    const read = once(lines, 'close');
    this.ended = once(child, 'exit').then(async (exit) => {
      const [code, signal] = exit as [number | null, NodeJS.Signals | null];
      await read;
      return { code, signal, errors };
    });
  }

  static start(place: Place, control: FaultControl): WorkerProcess {
    const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM], {
      env: { ...process.env, LD_PRELOAD: place.faults, BOXLITE_FAULTS: control.path, BOXLITE_CHAOS_TMPDIR: place.temporary },
      stdio: ['ignore', 'inherit', 'pipe', 'pipe', 'ipc'],
    });
    return new WorkerProcess(child, control);
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Asks for something; `onReport` gets all that is told from then on. */
  ask(request: Request, onReport: (report: Report) => void): void {
    this.#onReport = onReport;
    this.child.send(request);
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  async letGo(): Promise<void> {
    if (this.child.connected) this.child.disconnect();
    await this.ended;
  }
}
