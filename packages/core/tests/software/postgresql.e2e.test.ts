import { once } from 'node:events';
import type { BoxOptions, LiteBox } from '@boxlite/core';
import { sh } from '../e2e/support/boxes.js';
import { eventually } from '../e2e/support/eventually.js';
import { useBox } from '../e2e/support/one-box.js';
import { software } from '../e2e/support/software.js';

const DATA = '/var/lib/postgresql/15/main';
const SOCKETS = '/tmp';
const BIN = '/usr/lib/postgresql/15/bin';

/** PostgreSQL as the main process of its Box, as its own image has it; the package has made the cluster. */
const database = async (): Promise<BoxOptions> => ({
  ...(await software()),
  user: 'postgres',
  memoryMib: 768,
  env: { PATH: `${BIN}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`, PGHOST: SOCKETS },
  workingDir: DATA,
  entrypoint: [
    `${BIN}/postgres`,
    '-D',
    DATA,
    '-c',
    'config_file=/etc/postgresql/15/main/postgresql.conf',
    '-c',
    `unix_socket_directories=${SOCKETS}`,
  ],
});

const sql = (box: LiteBox, statement: string): Promise<string> =>
  box.run('psql', ['-X', '-q', '-t', '-A', '-c', statement], { check: true }).then(({ stdout }) => stdout.trimEnd());

const ready = (box: LiteBox): Promise<true> =>
  eventually('PostgreSQL to answer', async () => (await box.run('pg_isready', ['-q'])).exitCode === 0 || undefined, 60_000);

const logOf = async (box: LiteBox): Promise<string> => {
  const lines: string[] = [];
  for await (const { text } of box.logs()) lines.push(text);
  return lines.join('\n');
};

describe('PostgreSQL as the main process', () => {
  const one = useBox(database);

  beforeAll(() => ready(one.box));

  it('bears pgbench for 10 s', async () => {
    await sh(one.box, 'pgbench -i -q -s 1 2>&1');
    const report = await sh(one.box, 'pgbench -T 10 -c 4 -n 2>&1', { timeoutMs: 120_000 });
    expect(report).toMatch(/number of failed transactions: 0 /);
    const transactions = Number(/transactions actually processed: (\d+)/.exec(report)?.[1]);
    expect(transactions).toBeGreaterThan(0);
    expect(await sql(one.box, 'SELECT count(*), sum(delta) = (SELECT sum(bbalance) FROM pgbench_branches) FROM pgbench_history')).toBe(
      `${String(transactions)}|t`,
    );
  });

  it('keeps what was committed when its Box is killed', async () => {
    await sql(one.box, 'CREATE TABLE kept (n bigint)');
    const { pid } = await one.box.info();
    if (pid === null) throw new Error('the Box runs, but has no VMM');
    // Each row that psql has told of is committed.
    const writer = await one.box.exec('sh', [
      '-c',
      'for n in $(seq 100000); do echo "INSERT INTO kept VALUES ($n) RETURNING n;"; done | psql -X -q -t -A',
    ]);
    let told = '';
    writer.stdout.on('data', (chunk: Buffer) => (told += chunk.toString()));
    const ended = writer.wait().catch((error: unknown) => error);
    while (told.split('\n').length < 50) await once(writer.stdout, 'data');
    process.kill(pid, 'SIGKILL');
    await ended;
    const last = Number(
      told
        .slice(0, told.lastIndexOf('\n'))
        .split('\n')
        .findLast((line) => line !== ''),
    );
    await eventually('the Box to have failed', async () => (await one.box.info()).status === 'failed' || undefined);
    await one.box.start();
    await ready(one.box);
    const [count, highest] = (await sql(one.box, 'SELECT count(*), max(n) FROM kept')).split('|').map(Number);
    expect(count).toBe(highest);
    expect(highest).toBeGreaterThanOrEqual(last);
    expect(await logOf(one.box)).toContain('database system was not properly shut down; automatic recovery in progress');
  });

  it('stops cleanly at the signal of its image, though a client is there', async () => {
    const client = await one.box.exec('psql', ['-X', '-q'], { stdin: 'pipe' });
    client.stdin.write('SELECT 1;\n');
    await once(client.stdout, 'data');
    await one.box.stop({ timeoutMs: 60_000 });
    expect(await one.box.info()).toMatchObject({ status: 'stopped', exitCode: 0 });
    const log = await logOf(one.box);
    expect(log).toContain('received fast shutdown request');
    expect(log.trimEnd()).toMatch(/database system is shut down$/);
  });
});
