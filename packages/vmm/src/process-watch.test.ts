import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { processStartTime } from './process-start-time.js';
import { ProcessWatch } from './process-watch.js';

const sleeper = () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const pid = child.pid ?? 0;
  return { child, pid, startTime: processStartTime(pid) ?? 0n };
};

const openFiles = () => readdirSync('/proc/self/fd').length;

test('the end of a process is an event', async () => {
  const { pid, startTime, child } = sleeper();
  const gone = once(child, 'exit');
  const watch = ProcessWatch.open(pid, startTime);
  expect(watch?.kill(0)).toBe(true);
  expect(watch?.kill(constants.signals.SIGKILL)).toBe(true);
  await watch?.exited;
  await gone;
  expect(watch?.kill(0)).toBe(false);
  watch?.close();
});

test('another process with the same id is not the one', async () => {
  const { pid, startTime, child } = sleeper();
  expect(ProcessWatch.open(pid, startTime + 1n)).toBeUndefined();
  expect(ProcessWatch.open(pid, -1n)).toBeUndefined();
  child.kill();
  await once(child, 'exit');
  expect(ProcessWatch.open(pid, startTime)).toBeUndefined();
  expect(processStartTime(pid)).toBeUndefined();
});

test('one that has ended is not there, though its parent takes no note of that', async () => {
  // What a shell has started is its child still when it runs another program in its place.
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  while (!/\) Z /.test(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'))) await delay(10);
  const startTime = processStartTime(pid);
  expect(startTime).toBeDefined();
  expect(ProcessWatch.open(pid, startTime ?? 0n)).toBeUndefined();
  parent.kill();
  await once(parent, 'close');
});

test('a hundred watches leave no file descriptor behind', async () => {
  const { pid, startTime, child } = sleeper();
  ProcessWatch.open(pid, startTime)?.close();
  const before = openFiles();
  const watches = Array.from({ length: 100 }, () => ProcessWatch.open(pid, startTime));
  expect(openFiles()).toBe(before + 100);
  for (const watch of watches) watch?.close();
  expect(openFiles()).toBe(before);
  child.kill();
  await once(child, 'exit');
});

test('nonsense is no process', () => {
  for (const pid of [0, -1, 1.5, Number.NaN, 2 ** 31]) {
    expect(processStartTime(pid)).toBeUndefined();
    expect(ProcessWatch.open(pid, 1n)).toBeUndefined();
  }
  expect(() => ProcessWatch.open(process.pid, processStartTime(process.pid) ?? 0n)?.kill(9999)).toThrow(
    expect.objectContaining({ code: 'InvalidArgument' }),
  );
});

test('a watch does not keep a program alive, unless it is told to', () => {
  const program = (refer: string) => `
    const { watchProcess, processStartTime } = require(${JSON.stringify(require.resolve('@boxlite/vmm-linux-x64-gnu/boxlite-vmm.node'))});
    const child = require('node:child_process').spawn('sleep', ['${refer === '' ? 5 : 0.2}'], { stdio: 'ignore', detached: true });
    child.unref();
    globalThis.watch = watchProcess(child.pid, processStartTime(child.pid), false, () => { console.log('exited'); clearInterval(globalThis.timer); });
    ${refer}`;
  const alone = spawnSync(process.execPath, ['-e', program('')], { encoding: 'utf8', timeout: 4000 });
  expect(alone).toMatchObject({ status: 0, stdout: '' });
  const kept = spawnSync(process.execPath, ['-e', program('globalThis.timer = setInterval(() => {}, 0x7fffffff);')], {
    encoding: 'utf8',
    timeout: 4000,
  });
  expect(kept).toMatchObject({ status: 0, stdout: 'exited\n' });
});
