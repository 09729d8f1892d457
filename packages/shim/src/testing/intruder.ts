import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, copyFile, link, mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { shimProgram } from '../assets.js';
import type { LaunchPlan } from '../launch/launch-plan.js';
import { spawnShim } from '../launch/spawn-shim.js';
import { testPlan } from './test-plan.js';
import { temporaryDirectory } from './with-shim.js';

/** The program that tries to get out; `native/intruder`. */
const INTRUDER = join(__dirname, '../../../../target/x86_64-unknown-linux-gnu/release/boxlite-intruder');

// eslint-disable-next-line no-console -- what cannot run here says so
if (!existsSync(INTRUDER)) console.warn(`skipped: ${INTRUDER} is not there; ./dev setup builds it`);

/** `describe` for what needs the intruder and the shim. */
export const describeWithIntruder: jest.Describe = existsSync(INTRUDER) && existsSync(shimProgram()) ? describe : describe.skip;

/** How each attempt ended: `ok`, or the name of an error. */
export type Outcomes = ReadonlyMap<string, string>;

/** What is put in force for the intruder. */
export type Confinement = Pick<LaunchPlan, 'jail' | 'limits' | 'cgroup'> & { withVolume?: boolean };

const NOBODY = 65534;
/** What an attempt would use of these, should nothing stop it. */
const BOMBS = ['processes=400', 'threads=400', 'mebibytes=128'];

const parse = (report: string): Outcomes =>
  new Map(
    report
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t') as [string, string]),
  );

/** A home with somebody else's files, sockets and processes in it, for an intruder to get at. */
export class Surroundings implements AsyncDisposable {
  readonly #directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  #victim: ChildProcessByStdio<Writable, Readable, null> | undefined;
  #targets: string[] = [];
  #launched = 0;

  private constructor(directory: Awaited<ReturnType<typeof temporaryDirectory>>) {
    this.#directory = directory;
  }

  static async make(): Promise<Surroundings> {
    const surroundings = new Surroundings(await temporaryDirectory());
    try {
      await surroundings.#fill();
      return surroundings;
    } catch (error) {
      await surroundings[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs the intruder as a program that its owner started, and nothing else. */
  async runFree(): Promise<Outcomes> {
    const vm = join(await this.#newBox(), 'vm');
    await Promise.all(['own', 'shared'].map((name) => mkdir(join(vm, name), { recursive: true })));
    await link(this.#at('own-disk'), join(vm, 'own/disk'));
    await link(this.#at('image'), join(vm, 'shared/image'));
    const args = ['careless', INTRUDER, 'try', ...this.#targets];
    return parse(execFileSync(INTRUDER, args, { cwd: vm, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
  }

  /** Runs the intruder where QEMU would run, with these layers in force. */
  async run({ withVolume = false, ...confinement }: Confinement): Promise<Outcomes> {
    const box = await this.#newBox();
    const plan = testPlan(box, [INTRUDER, 'try', 'report=9', 'door=8', ...this.#targets], {
      links: [
        { name: 'disk', source: this.#at('own-disk'), writable: true },
        { name: 'image', source: this.#at('image'), writable: false },
      ],
      readable: [INTRUDER],
      devices: ['/dev/null'],
      ...confinement,
      ...(withVolume ? this.#volume() : {}),
    });
    const { process: engine } = await spawnShim(this.#at('shim'), plan);
    // It may have ended early, which is told below.
    const knock = connect(join(box, 'agent.sock')).on('error', () => undefined);
    const end = await engine.exited;
    knock.destroy();
    const [report, words] = await Promise.all(['console.log', 'engine.log'].map((name) => readFile(join(box, name), 'utf8')));
    // The last attempt, where there could be no process for it.
    if (end.signal === 'SIGKILL') return parse(`${report ?? ''}take memory without end\tsignal 9\n`);
    if (end.code !== 0) throw new Error(`the intruder ended early (${JSON.stringify(end)}): ${words ?? ''}\n${report ?? ''}`);
    return parse(report ?? '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const victim = this.#victim;
    if (victim?.exitCode === null) {
      const ended = new Promise((resolve) => victim.once('exit', resolve));
      victim.kill('SIGKILL');
      await ended;
    }
    await this.#directory[Symbol.asyncDispose]();
  }

  /** A directory of the host, as a volume gives it to a VMM. */
  #volume(): Pick<LaunchPlan, 'share' | 'newFiles'> {
    const mounts = [{ name: '0', source: this.#at('volume'), readOnly: false }];
    return { share: { directory: 'volumes', mounts, user: 0, group: 0 }, newFiles: true };
  }

  #at(name: string): string {
    return join(this.#directory.path, name);
  }

  async #newBox(): Promise<string> {
    this.#launched += 1;
    const path = this.#at(`box-${String(this.#launched)}`);
    await mkdir(path);
    return path;
  }

  async #fill(): Promise<void> {
    await Promise.all(['secret', 'disk', 'image', 'own-disk'].map((name) => writeFile(this.#at(name), 'text', { mode: 0o600 })));
    await mkdir(this.#at('volume'));
    await writeFile(this.#at('program'), 'no program', { mode: 0o700 });
    // An owner that lets a program have all that it has itself.
    await writeFile(this.#at('shim'), `#!/bin/sh\nexec '${INTRUDER}' careless '${shimProgram()}'\n`, { mode: 0o700 });
    this.#targets = [
      ...['secret', 'disk', 'image', 'program'].map((name) => `${name}=${this.#at(name)}`),
      `owner=${String(process.pid)}`,
      ...BOMBS,
      ...(await this.#startVictim()),
      ...(await this.#privileged()),
    ];
  }

  async #startVictim(): Promise<string[]> {
    const victim = spawn(INTRUDER, ['victim'], { cwd: this.#directory.path, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#victim = victim;
    const line = await new Promise<string>((resolve, reject) => {
      victim.once('error', reject).stdout.once('data', (data: Buffer) => {
        resolve(data.toString());
      });
    });
    return line.trim().split(' ');
  }

  /** What only root could make use of. */
  async #privileged(): Promise<string[]> {
    if (process.geteuid?.() !== 0) return [];
    const program = this.#at('set-user-id');
    await copyFile(INTRUDER, program);
    await chown(program, NOBODY, NOBODY);
    await chmod(program, 0o4755);
    await chmod(this.#directory.path, 0o711);
    const handle = execFileSync(INTRUDER, ['handle', this.#at('secret')], { encoding: 'utf8' }).trim();
    return [`setuid=${program}`, `handle=${handle}`];
  }
}
