import type { Operation } from '../script/round-script.js';
import type { Outcome } from '../worker/messages.js';
import { Ledger } from './ledger.js';

const DONE: Outcome = { result: 'done' };
const FAILED: Outcome = { result: 'failed', message: 'Storage (ENOSPC)' };
const write = (file: string): Operation => ({ kind: 'write', box: 'one', file, bytes: 7 });
let ids = 0;

const begin = (ledger: Ledger, operation: Operation): number => {
  const id = ids++;
  ledger.note({ event: 'begin', id, operation });
  return id;
};
const end = (ledger: Ledger, id: number, operation: Operation, outcome: Outcome = DONE): void => {
  ledger.note({ event: 'end', id, operation, outcome });
};
const perform = (ledger: Ledger, operation: Operation, outcome: Outcome = DONE): void => {
  end(ledger, begin(ledger, operation), operation, outcome);
};
const there = (ledger: Ledger, box: string, created: boolean): string | undefined => ledger.note({ event: 'there', box, id: box, created });
const filesOf = (ledger: Ledger, box: string): string[] => [...(ledger.boxes.get(box)?.files.keys() ?? [])];

describe('Ledger', () => {
  let ledger: Ledger;

  beforeEach(() => {
    ledger = new Ledger();
    there(ledger, 'one', true);
    perform(ledger, write('a'));
  });

  it('expects what was acknowledged, and nothing else', () => {
    begin(ledger, write('b'));
    perform(ledger, write('c'), FAILED);
    expect(filesOf(ledger, 'one')).toEqual(['a']);
  });

  it('misses a Box that nobody has removed', () => {
    expect(ledger.settle(new Map())).toEqual(["the Box 'one' is gone"]);
    expect(there(new Ledger(), 'one', true)).toBeUndefined();
    expect(there(ledger, 'one', true)).toBeUndefined();
    expect(there(ledger, 'one', true)).toBe("there was a Box 'one', and it had to be made anew");
  });

  it('takes either for right when a Box was seen while it was being removed, and counts what succeeded', () => {
    begin(ledger, { kind: 'remove', box: 'one' });
    there(ledger, 'one', false);
    ledger.ownerEnded();
    expect(ledger.settle(new Map())).toEqual([]);
    perform(ledger, { kind: 'pull', image: 1 });
    perform(ledger, { kind: 'pull', image: 2 }, FAILED);
    expect([...ledger.succeeded]).toEqual([
      ['write', 1],
      ['pull', 1],
    ]);
  });

  it('takes either for right when nobody knows how a removal ended, and finds a Box that was removed', () => {
    const remove: Operation = { kind: 'remove', box: 'one' };
    begin(ledger, remove);
    ledger.ownerEnded();
    expect(ledger.settle(new Map([['one', []]]))).toEqual([]);
    expect(filesOf(ledger, 'one')).toEqual(['a']);
    perform(ledger, remove);
    expect(ledger.settle(new Map([['one', []]]))).toEqual(["the Box 'one' was removed, and is there"]);
    expect(new Ledger().settle(new Map([['two', []]]))).toEqual(["nobody has made the Box 'two'"]);
  });

  it('expects in a clone what was there when it was asked for', () => {
    const clone: Operation = { kind: 'clone', box: 'one', to: 'two' };
    const id = begin(ledger, clone);
    perform(ledger, write('b'));
    end(ledger, id, clone);
    expect(filesOf(ledger, 'two')).toEqual(['a']);
    expect(ledger.settle(new Map([['one', []]]))).toEqual(["the Box 'two' is gone"]);
  });

  it('expects after a restore what the snapshot had, and before its end what both have', () => {
    const snapshot: Operation = { kind: 'snapshot', box: 'one', snapshot: 'early' };
    const restore: Operation = { kind: 'restore', box: 'one', snapshot: 'early' };
    perform(ledger, snapshot);
    perform(ledger, write('b'));
    const id = begin(ledger, restore);
    expect(filesOf(ledger, 'one')).toEqual(['a']);
    end(ledger, id, restore);
    expect(filesOf(ledger, 'one')).toEqual(['a']);
    expect(ledger.settle(new Map([['one', []]]))).toEqual(["the snapshot 'early' of 'one' is gone"]);
  });
});
