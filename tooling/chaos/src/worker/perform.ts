import { type BoxliteRuntime, BoxliteError, type BoxOptions, type LiteBox } from '@boxlite/core';
import { contentOf } from '../script/content.js';
import type { Operation } from '../script/round-script.js';
import type { Outcome } from './messages.js';

/** Small, and with the right to set its guest's clock. */
const optionsOf = (name: string): BoxOptions & { name: string } => ({
  name,
  detach: name.startsWith('detached'),
  memoryMib: 128,
  diskSizeMib: 64,
  capabilities: { add: ['SYS_TIME'] },
});

const WRITE = 'mkdir -p /data && dd of="/data/$0" bs=64k conv=fsync 2>/dev/null && sync';

export interface Stage {
  runtime: BoxliteRuntime;
  /** References of the images that there are to pull. */
  images: readonly string[];
  onBox: (box: string, id: string, created: boolean) => void;
}

/** Does one thing, by the public API only. */
export const perform = async (stage: Stage, operation: Operation): Promise<Outcome> => {
  try {
    return { result: (await attempt(stage, operation)) ? 'done' : 'skipped' };
  } catch (error) {
    return outcomeOf(error);
  }
};

/** BoxLite throws nothing but its own errors, and none of them says that it has lost its way. */
export const outcomeOf = (error: unknown): Outcome => {
  if (!(error instanceof BoxliteError))
    return { result: 'bug', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  const { code, reason, message, stack } = error;
  if (code === 'Internal') return { result: 'bug', message: `${code}: ${stack ?? message}` };
  return { result: 'failed', message: `${code}${reason === undefined ? '' : ` (${reason})`}: ${message}` };
};

/** False when there is nothing to do it with. */
const attempt = async (stage: Stage, operation: Operation): Promise<boolean> => {
  const { runtime, images } = stage;
  switch (operation.kind) {
    case 'pull':
      await runtime.images.pull(images[operation.image] ?? '');
      return true;
    case 'drop-image':
      await runtime.images.remove(images[operation.image] ?? '');
      return true;
    case 'remove':
      await runtime.remove(operation.box, { force: true });
      return true;
    case 'clone': {
      // Its name has to be free.
      if ((await runtime.list()).some(({ name }) => name === operation.to)) return false;
      await (await boxOf(stage, operation.box)).clone({ name: operation.to });
      return true;
    }
    default:
      return inBox(await boxOf(stage, operation.box), operation);
  }
};

const boxOf = async ({ runtime, onBox }: Stage, name: string): Promise<LiteBox> => {
  const { box, created } = await runtime.getOrCreate(optionsOf(name));
  onBox(name, box.id, created);
  // The disk was full, for a while.
  if ((await box.info()).status === 'paused') await box.resume();
  return box;
};

const inBox = async (
  box: LiteBox,
  operation: Exclude<Operation, { kind: 'pull' | 'drop-image' | 'remove' | 'clone' }>,
): Promise<boolean> => {
  switch (operation.kind) {
    case 'write': {
      const stdin = contentOf(operation.file, operation.bytes);
      await box.run('sh', ['-c', WRITE, operation.file], { stdin, check: true });
      return true;
    }
    case 'exec':
      await box.run('true', [], { check: true });
      return true;
    case 'start':
      await box.start();
      return true;
    case 'stop':
      await box.stop({ timeoutMs: 1_000 });
      return true;
    case 'guest-clock':
      await box.run('sh', ['-c', 'date -s @$(($(date +%s) + $0))', String(operation.seconds)], { check: true });
      return true;
    case 'snapshot':
      await box.snapshots.create(operation.snapshot);
      return true;
    case 'drop':
      await box.snapshots.remove(operation.snapshot);
      return true;
    case 'restore':
      await box.snapshots.restore(operation.snapshot);
      return true;
  }
};
