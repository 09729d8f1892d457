import { join } from 'node:path';

/** The directory of one snapshot, in its Box's. */
export class SnapshotLayout {
  constructor(readonly root: string) {}

  get record(): string {
    return join(this.root, 'snapshot.json');
  }

  /** Another name of the file that the VM mapped its memory from. */
  get memory(): string {
    return join(this.root, 'memory');
  }

  /** The pages that differ from it. */
  get changes(): string {
    return join(this.root, 'changes');
  }

  get devices(): string {
    return join(this.root, 'devices');
  }
}
