import type { Operation } from '../script/round-script.js';
import type { Report } from '../worker/messages.js';

/** What a disk has to hold: sizes of files by their names. */
export type Files = ReadonlyMap<string, number>;

/** `maybe`: whoever knew was killed, or was told that it failed. */
export type Existence = 'yes' | 'no' | 'maybe';

export interface ExpectedSnapshot {
  exists: Existence;
  files: Files;
}

export interface ExpectedBox extends ExpectedSnapshot {
  snapshots: Map<string, ExpectedSnapshot>;
}

interface Pending {
  operation: Operation;
  /** What was acknowledged when it began. */
  files: Files;
  /** Whether there is a new Box of this name since then. */
  renewed: boolean;
}

const both = (one: Files, other: Files): Files => new Map([...one].filter(([file]) => other.has(file)));

/**
 * What has to be there, by what the workers were told: files once they were acknowledged, Boxes and snapshots once they were made, until
 * somebody begins to remove them or to put them back.
 */
export class Ledger {
  readonly boxes = new Map<string, ExpectedBox>();
  /** The ids of all Boxes that there have been, as far as anybody told. */
  readonly ids = new Set<string>();
  /** How many operations of each kind have succeeded. */
  readonly succeeded = new Map<Operation['kind'], number>();
  readonly #pending = new Map<number, Pending>();

  /** @returns what contradicts what was known, if anything does. */
  note(report: Report): string | undefined {
    switch (report.event) {
      case 'begin':
        this.#begin(report.id, report.operation);
        return undefined;
      case 'there':
        this.ids.add(report.id);
        return this.#there(report.box, report.created);
      case 'end':
        this.#end(report.id, report.outcome.result === 'done');
        return undefined;
      default:
        return undefined;
    }
  }

  /** Nobody will tell how these ended. */
  ownerEnded(): void {
    this.#pending.clear();
  }

  /** After a look at the home: what was open is known. */
  settle(found: ReadonlyMap<string, readonly string[]>): string[] {
    const wrong: string[] = [];
    for (const [name, box] of this.boxes) {
      const snapshots = found.get(name);
      if (box.exists === 'yes' && snapshots === undefined) wrong.push(`the Box '${name}' is gone`);
      if (box.exists === 'no' && snapshots !== undefined) wrong.push(`the Box '${name}' was removed, and is there`);
      box.exists = snapshots === undefined ? 'no' : 'yes';
      for (const [snapshot, { exists }] of box.snapshots) {
        const isThere = snapshots?.includes(snapshot) ?? false;
        if (snapshots !== undefined && exists === 'yes' && !isThere) wrong.push(`the snapshot '${snapshot}' of '${name}' is gone`);
        if (exists === 'no' && isThere) wrong.push(`the snapshot '${snapshot}' of '${name}' was removed, and is there`);
        if (!isThere) box.snapshots.delete(snapshot);
      }
      for (const { exists, snapshot } of [...box.snapshots].map(([snapshot, entry]) => ({ snapshot, ...entry })))
        if (exists === 'maybe') box.snapshots.set(snapshot, { exists: 'yes', files: box.snapshots.get(snapshot)?.files ?? new Map() });
      if (box.exists === 'no') this.boxes.delete(name);
    }
    for (const name of found.keys()) if (!this.boxes.has(name)) wrong.push(`nobody has made the Box '${name}'`);
    return wrong;
  }

  #box(name: string): ExpectedBox {
    const known = this.boxes.get(name);
    if (known !== undefined) return known;
    const box: ExpectedBox = { exists: 'no', files: new Map(), snapshots: new Map() };
    this.boxes.set(name, box);
    return box;
  }

  #begin(id: number, operation: Operation): void {
    if (!('box' in operation)) {
      this.#pending.set(id, { operation, files: new Map(), renewed: false });
      return;
    }
    const box = this.#box(operation.box);
    this.#pending.set(id, { operation, files: box.files, renewed: false });
    if (operation.kind === 'remove' ? box.exists === 'yes' : box.exists === 'no') box.exists = 'maybe';
    if (operation.kind === 'clone') {
      const clone = this.#box(operation.to);
      if (clone.exists === 'yes') return;
      if (clone.exists === 'no') clone.snapshots.clear();
      clone.files = clone.exists === 'no' ? box.files : both(clone.files, box.files);
      clone.exists = 'maybe';
    }
    if (!('snapshot' in operation)) return;
    const known = box.snapshots.get(operation.snapshot);
    if (operation.kind === 'restore' && known !== undefined) box.files = both(box.files, known.files);
    if (operation.kind === 'drop' && known !== undefined) known.exists = 'maybe';
    if (operation.kind === 'snapshot' && known?.exists !== 'yes') {
      const files = known === undefined ? box.files : both(known.files, box.files);
      box.snapshots.set(operation.snapshot, { exists: 'maybe', files });
    }
  }

  #there(name: string, created: boolean): string | undefined {
    const box = this.#box(name);
    const lost = created && box.exists === 'yes';
    if (created) {
      box.files = new Map();
      box.snapshots.clear();
      for (const pending of this.#pending.values()) {
        if (!('box' in pending.operation) || pending.operation.box !== name) continue;
        pending.renewed = true;
        pending.files = new Map();
      }
    }
    // A removal that goes on may still take it.
    const isRemoved = [...this.#pending.values()].some(({ operation }) => operation.kind === 'remove' && operation.box === name);
    box.exists = isRemoved ? 'maybe' : 'yes';
    return lost ? `there was a Box '${name}', and it had to be made anew` : undefined;
  }

  #end(id: number, done: boolean): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (!done || pending === undefined) return;
    const { operation, files, renewed } = pending;
    this.succeeded.set(operation.kind, (this.succeeded.get(operation.kind) ?? 0) + 1);
    if (!('box' in operation)) return;
    const box = this.#box(operation.box);
    switch (operation.kind) {
      case 'write':
        box.files = new Map([...box.files, [operation.file, operation.bytes]]);
        break;
      case 'remove':
        box.exists = renewed ? 'maybe' : 'no';
        if (!renewed) Object.assign(box, { files: new Map(), snapshots: new Map() });
        break;
      case 'clone':
        Object.assign(this.#box(operation.to), { exists: 'yes', files, snapshots: new Map() });
        break;
      case 'snapshot':
        box.snapshots.set(operation.snapshot, { exists: 'yes', files });
        break;
      case 'drop':
        box.snapshots.delete(operation.snapshot);
        break;
      case 'restore':
        box.files = box.snapshots.get(operation.snapshot)?.files ?? new Map();
        break;
      default:
    }
  }
}
