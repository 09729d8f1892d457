/**
 * What the host's side of an exec costs by itself: the package against a fake agent in a process of its own, no VM.
 *
 * Run `npm run bench` here. `cpu` is the time that this process computed; a ceiling is bytes by that time, whatever the fake agent does.
 */
import { fork } from 'node:child_process';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';

import { AgentSession } from '../src/session/agent-session.js';
import { collect } from '../src/exec/collect.js';
import { startFakeAgent } from '../src/testing/fake-agent.js';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const serve = async (): Promise<void> => {
  const agent = await startFakeAgent();
  process.on('disconnect', () => void agent[Symbol.asyncDispose]().then(() => process.exit()));
  process.send?.(agent.portal.socketPath);
};

const quantile = (sorted: number[], share: number): string => `${(sorted[Math.floor(sorted.length * share)] ?? NaN).toFixed(3)} ms`;

const latency = async (name: string, rounds: number, once: () => Promise<unknown>): Promise<void> => {
  for (let round = 0; round < rounds / 4; round++) await once();
  const times: number[] = [];
  const before = process.cpuUsage();
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await once();
    times.push(performance.now() - start);
  }
  const cpu = process.cpuUsage(before);
  times.sort((a, b) => a - b);
  const each = ((cpu.user + cpu.system) / 1000 / rounds).toFixed(3);
  print(`${name.padEnd(28)} N ${rounds}  p50 ${quantile(times, 0.5)}  p95 ${quantile(times, 0.95)}  cpu ${each} ms each`);
};

const throughput = async (name: string, bytes: number, move: () => Promise<unknown>): Promise<void> => {
  const start = performance.now();
  const before = process.cpuUsage();
  await move();
  const cpu = process.cpuUsage(before);
  const rate = (milliseconds: number): string => `${(bytes / 1000 / milliseconds).toFixed(0)} MB/s`;
  print(`${name.padEnd(28)} ${rate(performance.now() - start)}  ceiling by cpu ${rate((cpu.user + cpu.system) / 1000)}`);
};

const measure = async (): Promise<void> => {
  const server = fork(fileURLToPath(import.meta.url), ['serve'], { execArgv: process.execArgv });
  const socketPath = await new Promise<string>((resolve) => server.once('message', resolve));
  const session = await AgentSession.connect(socketPath);
  const run = (command: string, args: string[], stdin?: Buffer): Promise<unknown> =>
    collect((options) => session.exec(command, args, options), command, {
      encoding: 'buffer',
      maxBuffer: 2 ** 30,
      ...(stdin && { stdin }),
    });
  print(
    `load ${loadavg()
      .map((load) => load.toFixed(1))
      .join(' ')}, Node ${process.version}`,
  );

  await latency('ping', 2000, () => session.ping());
  await latency('exec true, wait', 2000, async () => (await session.exec('true')).wait());
  await latency('run true', 2000, () => run('true', []));

  const bytes = 256 << 20;
  for (let round = 0; round < 2; round++) {
    await throughput('stdout, for await', bytes, async () => {
      const execution = await session.exec('zeros', [String(bytes)]);
      let size = 0;
      for await (const chunk of execution.stdout as AsyncIterable<Buffer>) size += chunk.length;
      if (size !== bytes) throw new Error(`${size} bytes came`);
    });
    await throughput('stdout, run', bytes, () => run('zeros', [String(bytes)]));
    await throughput('stdin and back, run', bytes / 2, () => run('cat', [], Buffer.alloc(bytes / 4)));
  }
  session.close();
  server.disconnect();
};

await (process.argv[2] === 'serve' ? serve() : measure());
