import { Random } from './random.js';
import type { Fault, Operation, RoundScript, Turn } from './round-script.js';

/** Boxes that stop with their worker, each with the clone that its lane makes of it. */
const LANES = ['attached-0', 'attached-1', 'detached-0'] as const;
export const IMAGES = 4;
const SNAPSHOTS = ['early', 'late'] as const;
const DAY = 86_400;
const KIB = 1024;

/** What a round does, which follows from the seed and the round's number alone. */
export const writeScript = (seed: number, round: number): RoundScript => {
  const random = new Random(seed, round);
  const turns = Array.from({ length: 2 }, (_, turn) => writeTurn(random, `${String(round)}-${String(turn)}`));
  return { seed, round, turns };
};

const writeTurn = (random: Random, prefix: string): Turn => {
  const lanes: Operation[][] = LANES.map((box, lane) =>
    Array.from({ length: random.between(1, 4) }, (_, i) => ownOperation(random, box, `${prefix}-${String(lane)}-${String(i)}`)),
  );
  lanes.push(Array.from({ length: random.between(1, 3) }, () => disturbance(random)));
  const killAtMs = random.chance(60) ? random.between(20, 1_800) : null;
  const faults = Array.from({ length: random.between(0, 3) }, () => writeFault(random));
  return { lanes, faults: faults.sort((a, b) => a.atMs - b.atMs), killAtMs };
};

/** A lane may do anything with its own Boxes: nobody else writes to them, puts them back, or removes them. */
const ownOperation = (random: Random, own: string, id: string): Operation => {
  const clone = `${own}-clone`;
  const box = random.chance(70) ? own : clone;
  const snapshot = random.pick(SNAPSHOTS);
  const chosen = random.below(100);
  if (chosen < 50) return { kind: 'write', box, file: id, bytes: random.pick([1, 700, 5 * KIB, 300 * KIB]) };
  if (chosen < 62) return { kind: 'clone', box: own, to: clone };
  if (chosen < 72) return { kind: 'snapshot', box, snapshot };
  if (chosen < 78) return { kind: 'restore', box, snapshot };
  if (chosen < 82) return { kind: 'drop', box, snapshot };
  if (chosen < 89) return { kind: 'stop', box };
  if (chosen < 93) return { kind: 'start', box };
  return { kind: 'remove', box };
};

/** What may come in between at any moment, and takes nothing away that was acknowledged. */
const disturbance = (random: Random): Operation => {
  const box = random.pick(LANES);
  const chosen = random.below(100);
  if (chosen < 25) return { kind: 'exec', box };
  if (chosen < 45) return { kind: 'stop', box };
  if (chosen < 55) return { kind: 'start', box };
  if (chosen < 65) return { kind: 'guest-clock', box, seconds: random.between(-4_000, 4_000) * DAY };
  if (chosen < 90) return { kind: 'pull', image: random.below(IMAGES) };
  return { kind: 'drop-image', image: random.below(IMAGES) };
};

const writeFault = (random: Random): Fault => {
  const atMs = random.between(5, 1_200);
  const victim = random.below(8);
  switch (random.below(9)) {
    case 0:
    case 1:
      return { atMs, kind: 'kill-vmm', victim };
    case 2:
      return { atMs, kind: 'kill-shim', victim };
    case 3:
      return { atMs, kind: 'break-vmm', victim };
    case 4:
    case 5: {
      const errno = random.pick(['EIO', 'ENOSPC'] as const);
      return { atMs, kind: 'break-worker', errno, after: random.between(1, 20), failures: random.pick([1, 3, 50]) };
    }
    case 6:
      return { atMs, kind: 'fill-disk', leaveKib: random.pick([0, 16, 600]), forMs: random.between(20, 700) };
    case 7:
      return { atMs, kind: 'worker-clock', seconds: random.between(-4_000, 4_000) * DAY };
    default:
      return { atMs, kind: 'intrude' };
  }
};
