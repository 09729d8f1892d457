import { setTimeout as sleep } from 'node:timers/promises';
import { injectFault } from './inject-fault.js';
import type { Ledger } from './ledger/ledger.js';
import type { Place } from './place/place.js';
import type { RoundScript, Turn } from './script/round-script.js';
import type { Report } from './worker/messages.js';
import type { WorkerPool } from './worker/worker-pool.js';

/** Far longer than anything may take, however busy the host is. */
const TURN_TIMEOUT_MS = 90_000;

export interface RoundParts {
  place: Place;
  pool: WorkerPool;
  ledger: Ledger;
  images: readonly string[];
  /** What happens, a line each. */
  tell: (line: string) => void;
}

/** Carries out a script. Returns what went wrong while it ran; what it has left is for others to look at. */
export const runRound = async (parts: RoundParts, script: RoundScript): Promise<string[]> => {
  const wrong: string[] = [];
  for (const turn of script.turns) wrong.push(...(await runTurn(parts, turn)));
  return wrong;
};

const runTurn = async (parts: RoundParts, turn: Turn): Promise<string[]> => {
  const { place, pool, ledger, images, tell } = parts;
  const worker = pool.next();
  await worker.ready;
  const wrong: string[] = [];
  const open = new Map<number, string>();
  const begun = Date.now();
  const note = (line: string): void => {
    tell(`${String(Date.now() - begun).padStart(6)} ms  ${line}`);
  };
  let closed: () => void = () => undefined;
  const isClosed = new Promise<void>((resolve) => {
    closed = resolve;
  });
  const onReport = (report: Report): void => {
    note(JSON.stringify(report));
    const contradiction = ledger.note(report);
    if (contradiction !== undefined) wrong.push(contradiction);
    if (report.event === 'begin') open.set(report.id, JSON.stringify(report.operation));
    if (report.event === 'end') open.delete(report.id);
    if ((report.event === 'end' || report.event === 'closed') && report.outcome.result === 'bug') wrong.push(report.outcome.message);
    if (report.event === 'closed') closed();
  };
  const over = new AbortController();
  worker.ask({ do: 'turn', home: place.home, turn, images }, onReport);
  const ended = worker.ended.then(() => {
    closed();
  });
  // One after another: they are the same process, and on a busy host it may not have answered the first when the second comes.
  let intruded = Promise.resolve('');
  const intruder = (): Promise<string> => (intruded = intruded.then(() => intrude(parts, wrong)));
  const faults = turn.faults.map(async (fault) => {
    if (!(await wait(fault.atMs, over.signal))) return;
    note(`${JSON.stringify(fault)}: ${await injectFault({ place, worker, intruder, over: over.signal }, fault)}`);
  });
  const kill = (async () => {
    if (turn.killAtMs === null || !(await wait(turn.killAtMs, over.signal))) return;
    note(`the worker ${String(worker.pid)} is killed`);
    worker.kill();
    await ended;
  })();
  const timeout = wait(TURN_TIMEOUT_MS, over.signal).then((elapsed) => {
    if (!elapsed) return;
    wrong.push(`the worker does not come to an end; it is at ${[...open.values()].join(', ') || 'opening or closing the home'}`);
    worker.kill();
  });
  await isClosed;
  over.abort();
  await Promise.all([...faults, kill, timeout]);
  worker.control.mend();
  ledger.ownerEnded();
  if (!worker.isAlive) {
    const { code, signal, errors } = await worker.ended;
    if (signal !== 'SIGKILL') wrong.push(`the worker ended with ${signal ?? `exit status ${String(code)}`}: ${errors}`);
  }
  return wrong;
};

/** False when it was over before. */
const wait = (ms: number, signal: AbortSignal): Promise<boolean> => sleep(ms, true, { signal }).catch(() => false);

/** Another worker wants the home; it is told who has it. */
const intrude = async ({ place, pool }: RoundParts, wrong: string[]): Promise<string> => {
  const other = pool.other();
  await other.ready;
  const report = await new Promise<Report | undefined>((resolve) => {
    other.ask({ do: 'intrude', home: place.home }, resolve);
    void other.ended.then(() => {
      resolve(undefined);
    });
  });
  if (report?.event !== 'refused') return 'it ended';
  const { outcome } = report;
  // Its owner may have closed it, or was killed, by then.
  if (outcome.result === 'done') return 'the home was free';
  if (outcome.result === 'failed' && outcome.message.startsWith('Config (locked)')) return 'refused';
  wrong.push(`another process that wants the home is told: ${JSON.stringify(outcome)}`);
  return 'not as it should be';
};
