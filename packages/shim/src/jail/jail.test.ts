import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { enginePreload, shimProgram } from '../assets.js';
import type { LaunchPlan } from '../launch/launch-plan.js';
import { spawnShim } from '../launch/spawn-shim.js';
import { testPlan } from '../testing/test-plan.js';
import { describeWithShim, temporaryDirectory } from '../testing/with-shim.js';
import type { JailReport } from './jail-report.js';

/** What a VMM that is not QEMU any more would try, in Node: each attempt is a function, and its outcome `ok` or the error's code. */
const INTRUDER = `
  const fs = require('node:fs'), net = require('node:net'), os = require('node:os');
  const outcomes = {};
  const attempt = (name, action) => {
    try { action(); outcomes[name] = 'ok'; } catch (error) { outcomes[name] = error.code ?? String(error); }
  };
  const [secret, disk, image, port, pid] = process.argv.slice(1);
  attempt('own disk', () => fs.appendFileSync('own/disk', 'x'));
  attempt('new file', () => fs.writeFileSync('own/new', 'x'));
  attempt('shared file', () => fs.readFileSync('shared/image'));
  attempt('write shared file', () => fs.appendFileSync('shared/image', 'x'));
  attempt('file of the host', () => fs.readFileSync(secret));
  attempt('disk by its path', () => fs.readFileSync(disk));
  attempt('image by its path', () => fs.appendFileSync(image, 'x'));
  attempt('users of the host', () => fs.readFileSync('/etc/passwd'));
  attempt('processes of the host', () => fs.readFileSync('/proc/' + pid + '/status'));
  attempt('signal', () => process.kill(Number(pid), 0));
  attempt('root', () => { outcomes.entries = fs.readdirSync('/').sort(); });
  outcomes.pid = process.pid;
  outcomes.interfaces = Object.keys(os.networkInterfaces());
  const socket = net.connect(Number(port), '127.0.0.1');
  const end = (outcome) => { outcomes.loopback = outcome; fs.writeSync(9, JSON.stringify(outcomes)); process.exit(0); };
  socket.on('connect', () => end('ok')).on('error', (error) => end(error.code));
`;

type Jail = LaunchPlan['jail'];
type Outcomes = Record<string, unknown> & { entries?: string[] };

/** Whatever Node needs; not the rest of the host. */
const NODE = ['/usr', '/lib', '/lib64', dirname(process.execPath)];

const intrude = async (jail: Partial<Jail>): Promise<{ outcomes: Outcomes; report: JailReport }> => {
  await using directory = await temporaryDirectory();
  const box = join(directory.path, 'box');
  const at = (name: string): string => join(directory.path, name);
  await mkdir(box);
  await Promise.all([at('secret'), at('disk'), at('image')].map((path) => writeFile(path, 'text', { mode: 0o600 })));
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const args = [at('secret'), at('disk'), at('image'), String(port), String(process.pid)];
  try {
    const plan = testPlan(box, [process.execPath, '-e', INTRUDER, ...args], {
      links: [
        { name: 'disk', source: at('disk'), writable: true },
        { name: 'image', source: at('image'), writable: false },
      ],
      env: { OPENSSL_CONF: '/dev/null' },
      readable: NODE,
      devices: ['/dev/null', '/dev/urandom'],
      limits: { core: 0, openFiles: 256, fileBytes: null },
      jail: { namespaces: 'off', landlock: 'off', privileges: 'off', seccomp: 'off', syscalls: null, ...jail },
    });
    const { process: engine, jail: report } = await spawnShim(shimProgram(), plan);
    await engine.exited;
    const said = await readFile(join(box, 'console.log'), 'utf8');
    if (said === '') throw new Error(await readFile(join(box, 'engine.log'), 'utf8'));
    return { outcomes: JSON.parse(said) as Outcomes, report };
  } finally {
    server.close();
  }
};

/** What the engine is there for works. */
const WORKS = { 'own disk': 'ok', 'shared file': 'ok' };

describeWithShim('the jail, with an engine that turned against its host', () => {
  it('lets it do anything that its owner may where no layer is in force', async () => {
    const { outcomes, report } = await intrude({});
    expect(outcomes).toMatchObject({ ...WORKS, 'file of the host': 'ok', 'write shared file': 'ok', signal: 'ok', loopback: 'ok' });
    expect(report).toEqual({ namespaces: [], landlock: null, seccomp: false, cgroup: { controllers: [], paths: [] }, refused: [] });
  });

  it('by namespaces alone: no file, process or network of the host is there', async () => {
    const { outcomes, report } = await intrude({ namespaces: 'required' });
    expect(report.namespaces).toEqual(['user', 'mount', 'pid', 'ipc', 'uts', 'cgroup', 'network']);
    expect(outcomes).toMatchObject({
      ...WORKS,
      'write shared file': 'EROFS',
      'file of the host': 'ENOENT',
      'disk by its path': 'ENOENT',
      'image by its path': 'ENOENT',
      'users of the host': 'ENOENT',
      'processes of the host': 'ENOENT',
      signal: 'ESRCH',
      loopback: 'ENETUNREACH',
      pid: 1,
      interfaces: [],
    });
    expect(outcomes.entries).toEqual(expect.not.arrayContaining(['home']));
    expect(outcomes.entries).toEqual(expect.arrayContaining(['.vm', 'dev', 'usr']));
  });

  it('by Landlock alone: nothing but its own files can be opened, no new ones made, and no network be reached', async () => {
    const { outcomes, report } = await intrude({ landlock: 'offered' });
    // A kernel without it, or of an older interface, has nothing to show.
    if (report.landlock === null || report.landlock < 6) return;
    expect(outcomes).toMatchObject({
      ...WORKS,
      'new file': 'EACCES',
      'write shared file': 'EACCES',
      root: 'EACCES',
      'file of the host': 'EACCES',
      'disk by its path': 'EACCES',
      'image by its path': 'EACCES',
      'users of the host': 'EACCES',
      'processes of the host': 'EACCES',
      signal: 'EPERM',
      loopback: 'EACCES',
    });
  });

  it('by system calls: one that is not on the list ends it, and is named in its log', async () => {
    await using directory = await temporaryDirectory();
    const plan = testPlan(directory.path, ['/bin/mkdir', 'x'], {
      env: { LD_PRELOAD: './preload.so' },
      named: [{ name: 'preload.so', source: enginePreload() }],
      jail: { namespaces: 'off', landlock: 'off', privileges: 'off', seccomp: 'required', syscalls: 'tcg' },
    });
    const { process: engine, jail: report } = await spawnShim(shimProgram(), plan);
    expect(await engine.exited).toMatchObject({ code: null, signal: 'SIGSYS' });
    expect(report.seccomp).toBe(true);
    // mkdir(2) on x86-64.
    expect(await readFile(join(directory.path, 'engine.log'), 'utf8')).toBe('boxlite: forbidden system call 83\n');
  });
});
