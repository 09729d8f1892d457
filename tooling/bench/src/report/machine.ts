import { readFile } from 'node:fs/promises';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** What the figures were taken on. */
export interface Machine {
  cpu: string;
  cpus: number;
  memoryBytes: number;
  kernel: string;
  distribution: string;
  node: string;
}

const distribution = async (): Promise<string> => {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(text)?.[1] ?? 'unknown';
};

export const describeMachine = async (): Promise<Machine> => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cpus: cpus().length,
  memoryBytes: totalmem(),
  kernel: release(),
  distribution: await distribution(),
  node: process.versions.node,
});

/** How busy the host was while a measure ran. */
export interface HostLoad {
  /** Processes that ran or waited to, averaged over the minute before the measure and over its last minute. */
  before: number;
  after: number;
  /** Share of CPU time that the machine's own host gave to others, 0 to 1; undefined where the kernel does not tell. */
  stealShare: number | undefined;
}

interface CpuTimes {
  total: number;
  steal: number;
}

/** CPU times in ticks, as proc(5) lists them: user nice system idle iowait irq softirq steal. */
const cpuTimes = async (): Promise<CpuTimes | undefined> => {
  const line = (await readFile('/proc/stat', 'utf8').catch(() => '')).split('\n', 1)[0] ?? '';
  const ticks = line.split(/\s+/).slice(1, 9).map(Number);
  const steal = ticks[7];
  if (steal === undefined || Number.isNaN(steal)) return undefined;
  return { total: ticks.reduce((sum, value) => sum + value, 0), steal };
};

/** Watches the host from now on; the returned function tells what it was like. */
export const watchLoad = async (): Promise<() => Promise<HostLoad>> => {
  const before = loadavg()[0] ?? 0;
  const begin = await cpuTimes();
  return async () => {
    const end = await cpuTimes();
    const stealShare =
      begin === undefined || end === undefined || end.total === begin.total
        ? undefined
        : (end.steal - begin.steal) / (end.total - begin.total);
    return { before, after: loadavg()[0] ?? 0, stealShare };
  };
};
