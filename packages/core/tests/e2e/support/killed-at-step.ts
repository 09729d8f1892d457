import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { programArguments, programDirectory } from './another-process.js';
import { isAlive } from './processes.js';

/** Where a program is killed: before the nth change that it makes in its home, or before it writes down the process of a VM. */
export type KillPoint = number | 'vm-record';

/** Runs before anything else of the program: each change of a file in the home is a step, and one of them is the last. */
const COUNTING = `
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const [home, point] = process.argv.slice(1);
  let steps = 0;
  const isRecord = (name, path) => name === 'rename' && path.endsWith('.tmp') && fs.readFileSync(path, 'utf8').includes('"startTime"');
  for (const name of ['open', 'writeFile', 'rename', 'link', 'rm', 'unlink', 'mkdir', 'truncate']) {
    const original = fs.promises[name];
    fs.promises[name] = (path, ...rest) => {
      if (String(path).startsWith(home) && !(name === 'open' && rest[0] === 'r')) {
        steps += 1;
        if (String(steps) === point || (point === 'vm-record' && isRecord(name, String(path)))) process.kill(process.pid, 'SIGKILL');
      }
      return original(path, ...rest);
    };
  }
  syncBuiltinESMExports();
  const say = (line) => fs.writeSync(1, line + '\\n');
  process.on('exit', () => say('steps ' + steps));
  const { BoxliteRuntime } = await import('@boxlite/core');
`;

/** What a program said until its end: the lines that it printed, and how many steps it took when it was not killed. */
export interface Ending {
  said: string[];
  steps: number | undefined;
  killed: boolean;
}

/** Runs a program, which has `BoxliteRuntime`, `home` and `say`, as a process of its own, and kills it at a point. */
export const killedAtStep = async (program: string, home: string, point: KillPoint): Promise<Ending> => {
  const child = spawn(process.execPath, programArguments(COUNTING + program, [home, String(point)]), {
    cwd: programDirectory,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (data: Buffer) => {
    printed += String(data);
  });
  const [[code, signal]] = (await Promise.all([once(child, 'exit'), once(child.stdout, 'close')])) as [
    [number | null, string | null],
    unknown,
  ];
  if (signal === null && code !== 0) throw new Error(`the program failed by itself: exit code ${String(code)}`);
  const said = printed.trimEnd().split('\n');
  const steps = /^steps (\d+)$/.exec(said.at(-1) ?? '')?.[1];
  return { said, steps: steps === undefined ? undefined : Number(steps), killed: signal === 'SIGKILL' };
};

const list = (path: string): string[] => {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
};

const inode = (path: string): string | undefined => {
  try {
    const { dev, ino } = statSync(path);
    return `${String(dev)}:${String(ino)}`;
  } catch {
    return undefined;
  }
};

/** The processes that have the log of a Box's engine open: its VMM, whoever knows of it. */
export const enginesOf = (home: string): number[] => {
  const boxes = list(join(home, 'boxes')).map((id) => join(home, 'boxes', id));
  const logs = new Set(boxes.map((box) => inode(join(box, 'engine.log'))));
  logs.delete(undefined);
  const named = boxes.flatMap((box) => {
    const pid = list(box).includes('engine.pid') ? Number(readFileSync(join(box, 'engine.pid'), 'utf8').split(' ')[0]) : NaN;
    return Number.isInteger(pid) ? [pid] : [];
  });
  const holding = list('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => list(`/proc/${String(pid)}/fd`).some((fd) => logs.has(inode(`/proc/${String(pid)}/fd/${fd}`))));
  return [...new Set([...holding, ...named])].filter(isAlive);
};
