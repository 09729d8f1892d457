import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, type FSWatcher, readdirSync, readFileSync, readlinkSync, watch } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const ON_TERMINAL = resolve(__dirname, 'on-terminal.py');
const MAIN = resolve(__dirname, '../../../dist/main.js');

export interface Result {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  bytes: Buffer;
  /** Without the lines that tell of work which takes long: whether it does is the machine's affair. */
  stderr: string;
}

const PROGRESS = /^boxlite: (pull|prepar|export|import)(ing|ed) .*\n/gm;

/** A `boxlite` that runs. */
export class Running {
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];
  #seen = 0;
  readonly ended: Promise<Result>;

  constructor(readonly child: ChildProcessWithoutNullStreams) {
    child.stdout.on('data', (chunk: Buffer) => this.#stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => this.#stderr.push(chunk));
    child.stdin.on('error', () => undefined);
    this.ended = new Promise((done) => {
      child.once('close', (exitCode, signal) => {
        const bytes = Buffer.concat(this.#stdout);
        const stderr = Buffer.concat(this.#stderr).toString().replaceAll(PROGRESS, '');
        done({ exitCode, signal, bytes, stdout: bytes.toString(), stderr });
      });
    });
  }

  /** Resolves when the text has been printed to stdout, after what was waited for before. */
  printed(text: string): Promise<void> {
    return new Promise((done, reject) => {
      const look = (): void => {
        const bytes = Buffer.concat(this.#stdout);
        const at = bytes.indexOf(text, this.#seen);
        if (at < 0) return;
        this.#seen = at + Buffer.byteLength(text);
        this.child.stdout.off('data', look);
        done();
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

/** A `boxlite` on a terminal. */
export class OnTerminal extends Running {
  type(keys: string): void {
    this.child.stdin.write(keys);
  }

  /** Gives the terminal 40 rows and 120 columns. */
  enlarge(): void {
    this.child.kill('SIGUSR1');
  }

  /** Takes the terminal away. */
  hangUp(): void {
    this.child.kill('SIGUSR2');
  }

  /** How `boxlite` ended, and whether it left the terminal as it was. */
  async outcome(): Promise<{ exitCode: number; restored: boolean }> {
    const { stderr } = await this.ended;
    return JSON.parse(stderr) as { exitCode: number; restored: boolean };
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

  /** Starts another program of Node.js for this home. */
  program(args: readonly string[]): Running {
    return new Running(spawn(process.execPath, [...args], { env: this.env }));
  }

  /** Runs `boxlite` to its end. */
  run(args: readonly string[], { input = '' }: { input?: string | Buffer } = {}): Promise<Result> {
    const running = this.spawn(args);
    running.child.stdin.end(input);
    return running.ended;
  }

  /** Starts `boxlite` on a terminal of 30 rows and 100 columns: see on-terminal.py. */
  onTerminal(args: readonly string[]): OnTerminal {
    return new OnTerminal(spawn('python3', [ON_TERMINAL, process.execPath, '--', MAIN, ...args], { env: { ...this.env, TERM: 'vt100' } }));
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

  /** The ids of the Boxes that it has. */
  boxes(): string[] {
    const directory = join(this.path, 'boxes');
    return existsSync(directory) ? readdirSync(directory).filter((name) => /^[0-9a-f]{12}$/.test(name)) : [];
  }

  /** Resolves when a Box that is made from now on starts. The home must have been used before. */
  nextStart(): Promise<void> {
    const known = this.boxes();
    return new Promise((done) => {
      const watchers = new Map<string, FSWatcher>();
      const look = (): void => {
        for (const id of this.boxes().filter((each) => !known.includes(each))) {
          const directory = join(this.path, 'boxes', id);
          if (!watchers.has(id) && existsSync(directory)) watchers.set(id, watch(directory, look));
          if (!read(join(directory, 'state.json')).includes('"starting"')) continue;
          for (const watcher of watchers.values()) watcher.close();
          done();
        }
      };
      watchers.set('', watch(join(this.path, 'boxes'), look));
    });
  }

  /** Removes all Boxes, whether they run or not. */
  async removeBoxes(): Promise<void> {
    const ids = this.boxes();
    if (ids.length > 0) await this.run(['rm', '-f', ...ids]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.removeBoxes();
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
