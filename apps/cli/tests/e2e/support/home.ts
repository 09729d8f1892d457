import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const MAIN = resolve(__dirname, '../../../dist/main.js');

export interface Result {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  bytes: Buffer;
  stderr: string;
}

/** A `boxlite` that runs. */
export class Running {
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];
  readonly ended: Promise<Result>;

  constructor(readonly child: ChildProcessWithoutNullStreams) {
    child.stdout.on('data', (chunk: Buffer) => this.#stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => this.#stderr.push(chunk));
    child.stdin.on('error', () => undefined);
    this.ended = new Promise((done) => {
      child.once('close', (exitCode, signal) => {
        const bytes = Buffer.concat(this.#stdout);
        done({ exitCode, signal, bytes, stdout: bytes.toString(), stderr: Buffer.concat(this.#stderr).toString() });
      });
    });
  }

  /** Resolves when the text has been printed to stdout. */
  printed(text: string): Promise<void> {
    return new Promise((done, reject) => {
      const look = (): void => {
        if (Buffer.concat(this.#stdout).includes(text)) done();
      };
      this.child.stdout.on('data', look);
      look();
      void this.ended.then(({ stderr, exitCode }) => {
        reject(new Error(`it ended with ${String(exitCode)} before it printed '${text}'. ${stderr}`));
      });
    });
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }
}

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

const workingDirectory = (pid: string): string => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
};

/** A home of its own, and `boxlite` in it; at the end of the block everything of it is gone. */
export class Home implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async make(): Promise<Home> {
    if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing; './dev setup' builds it`);
    return new Home(await mkdtemp(join(tmpdir(), 'boxlite-cli-')));
  }

  /** Starts `boxlite` with an empty stdin that stays open until the caller ends it. */
  spawn(args: readonly string[]): Running {
    return new Running(spawn(process.execPath, ['--', MAIN, ...args], { env: this.env }));
  }

  /** Runs `boxlite` to its end. */
  run(args: readonly string[], { input = '' }: { input?: string | Buffer } = {}): Promise<Result> {
    const running = this.spawn(args);
    running.child.stdin.end(input);
    return running.ended;
  }

  /** Runs `boxlite` as what a package manager links: the file itself is executed. */
  runFile(args: readonly string[]): Promise<Result> {
    const running = new Running(
      spawn(MAIN, args, { env: { ...this.env, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` } }),
    );
    running.child.stdin.end();
    return running.ended;
  }

  /** Runs a line of bash, in which `boxlite` is the command. */
  shell(line: string): Promise<Result> {
    const script = `boxlite() { "${process.execPath}" -- "${MAIN}" "$@"; }\n${line}`;
    const running = new Running(spawn('bash', ['-c', script], { env: this.env }));
    running.child.stdin.end();
    return running.ended;
  }

  /** The processes that run for this home, `boxlite` itself included. */
  processes(): string[] {
    return readdirSync('/proc').filter(
      (pid) =>
        /^\d+$/.test(pid) &&
        Number(pid) !== process.pid &&
        (read(`/proc/${pid}/cmdline`).includes(this.path) ||
          workingDirectory(pid).startsWith(this.path) ||
          read(`/proc/${pid}/environ`).includes(`BOXLITE_HOME=${this.path}`)),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shell('ids=$(boxlite ps -aq) && [ -z "$ids" ] || boxlite rm -f $ids');
    const left = this.processes();
    await rm(this.path, { recursive: true, force: true });
    if (left.length > 0)
      throw new Error(
        `processes of ${this.path} are left: ${left.map((pid) => `${pid} ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')}`).join('; ')}`,
      );
  }

  private get env(): NodeJS.ProcessEnv {
    return { ...process.env, BOXLITE_HOME: this.path };
  }
}
