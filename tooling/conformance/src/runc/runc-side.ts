import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, type Command, type Outcome, type Side, timeoutMs } from '../command.js';
import { MountNamespace } from './mount-namespace.js';
import { OPEN_FILES, runcConfig, type RuncProcess, runcProcess } from './config.js';

export interface RuncImage {
  /** Directory of the unpacked image. */
  rootfs: string;
  /** As `NAME=value`. */
  env: readonly string[];
  workingDir: string;
}

/**
 * Programs in Go raise the soft limit of open files to the hard one. In runc's child this may come before or after
 * runc sets the container's limits, and then overrules them; where both limits are equal it changes nothing.
 */
const WITH_LIMITS = ['prlimit', `--nofile=${String(OPEN_FILES)}:${String(OPEN_FILES)}`] as const;

const ROOT = { uid: 0, gid: 0, additionalGids: [] };

const HOSTS = (hostname: string): string =>
  [
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::\tip6-localnet',
    'ff02::1\tip6-allnodes',
    'ff02::2\tip6-allrouters',
    `127.0.1.1\t${hostname}`,
    '',
  ].join('\n');

/** A container under runc, on an overlay of the image as under Docker. */
export class RuncSide implements Side {
  #processes = 0;

  private constructor(
    private readonly namespace: MountNamespace,
    private readonly work: string,
    private readonly image: RuncImage,
    private readonly hostname: string,
    private readonly id: string,
  ) {}

  static async start(image: RuncImage, hostname: string): Promise<RuncSide> {
    const work = await mkdtemp(join(tmpdir(), 'boxlite-conformance-'));
    const bundle = join(work, 'bundle');
    await mkdir(bundle);
    // On a tmpfs, which any host's overlay takes as its upper layer.
    const mounts = `mount -t tmpfs tmpfs "$1/bundle"
      mkdir "$1/bundle/upper" "$1/bundle/work" "$1/bundle/rootfs"
      mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/bundle/upper,workdir=$1/bundle/work" "$1/bundle/rootfs"`;
    const namespace = await MountNamespace.open(mounts, [work, image.rootfs]);
    const side = new RuncSide(namespace, work, image, hostname, `boxlite-conformance-${String(process.pid)}-${work.slice(-6)}`);
    try {
      await side.#start(bundle);
      return side;
    } catch (error) {
      await side[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #start(bundle: string): Promise<void> {
    const file = (name: string): string => join(this.work, name);
    await writeFile(file('hosts'), HOSTS(this.hostname));
    await writeFile(file('hostname'), `${this.hostname}\n`);
    await writeFile(file('resolv.conf'), '');
    const init = { args: ['sleep', '2147483647'], env: this.#env({}), cwd: '/', user: ROOT };
    const config = await runcConfig(init, {
      rootfs: join(bundle, 'rootfs'),
      hostname: this.hostname,
      hosts: file('hosts'),
      hostnameFile: file('hostname'),
      resolvConf: file('resolv.conf'),
    });
    await writeFile(file('config.json'), text(config));
    await this.namespace.run('cp', [file('config.json'), join(bundle, 'config.json')]);
    // Its output would keep runc's own open.
    const { status, stderr } = await this.namespace.run(WITH_LIMITS[0], [
      ...WITH_LIMITS.slice(1),
      'sh',
      '-c',
      'runc --root "$1/state" run --detach --bundle "$2" "$3" >/dev/null 2>"$1/log" </dev/null || { cat "$1/log" >&2; exit 1; }',
      'sh',
      this.work,
      bundle,
      this.id,
    ]);
    if (status !== 0) throw new Error(`runc could not start the container: ${stderr.trim()}`);
  }

  #env(more: Readonly<Record<string, string>>): string[] {
    return [...this.image.env, `HOSTNAME=${this.hostname}`, ...Object.entries(more).map(([name, value]) => `${name}=${value}`)];
  }

  async run(command: Command): Promise<Outcome> {
    const { user, workingDir, env = {}, stdin } = command;
    const file = join(this.work, `process-${String(this.#processes++)}.json`);
    const process: RuncProcess = {
      args: argv(command),
      env: this.#env(env),
      cwd: workingDir ?? this.image.workingDir,
      user: user === undefined ? ROOT : { uid: user.uid, gid: user.gid, additionalGids: user.groups },
    };
    await writeFile(file, text(runcProcess(process)));
    const args = ['--root', join(this.work, 'state'), 'exec', '--process', file, this.id];
    return this.namespace.run('timeout', [String(timeoutMs(command) / 1_000), ...WITH_LIMITS, 'runc', ...args], stdin);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.namespace.run('runc', ['--root', join(this.work, 'state'), 'delete', '--force', this.id]);
    await this.namespace[Symbol.asyncDispose]();
    await rm(this.work, { recursive: true, force: true });
  }
}

/** RLIM_INFINITY is more than a number of JavaScript can be exact about. */
const text = (value: object): string => JSON.stringify(value).replaceAll('18446744073709552000', '18446744073709551615');
