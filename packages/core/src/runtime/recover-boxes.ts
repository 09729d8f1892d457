import { BoxController } from '../box/box-controller.js';
import { type FoundBox, readAllBoxes } from '../box/box-files.js';
import type { RecoveryTeller } from '../recovery/recovery-report.js';
import { hasMachine } from '../state/box-lifecycle.js';
import { damagedBox, describeDamage } from './damaged-box.js';
import type { HomeBoxesParts } from './home-boxes.js';

/** Takes one Box up: its VM is adopted or ended, its snapshots are found. */
const takeUp = async ({ layout, table, host }: HomeBoxesParts, { config, state }: FoundBox, notes: RecoveryTeller): Promise<void> => {
  const { id } = config;
  const box = new BoxController(host(), layout.box(id), config, state);
  table.add(box);
  if (!(await box.snapshots.recover(notes))) table.withDamagedSnapshots.add(id);
  if (!hasMachine(state.status)) box.takeUpRestart();
  else {
    await box.adopt();
    const now = box.state;
    if (hasMachine(now.status)) notes.tell({ action: 'adopted', kind: 'box', name: id, detail: `it is ${now.status}` });
    else notes.tell({ action: 'settled', kind: 'box', name: id, detail: `it was ${state.status}, and is ${now.status}` });
  }
};

/** Takes up what an earlier runtime has left: detached Boxes are adopted, what died is noted, what nobody needs is removed. */
export const recoverBoxes = async (parts: HomeBoxesParts, notes: RecoveryTeller, namedLayers: () => Set<string>): Promise<void> => {
  const { layout, table, disks } = parts;
  const { found, damaged, removed } = await readAllBoxes(layout);
  for (const name of removed) notes.tell({ action: 'removed', kind: 'file', name, detail: 'it was being written or removed' });
  for (const { id, problem } of damaged) {
    const box = await damagedBox(layout, id, problem);
    table.damaged.set(id, box);
    notes.tell({ action: 'kept-aside', kind: 'box', name: id, detail: describeDamage(box) });
  }
  await Promise.all(found.map((box) => takeUp(parts, box, notes)));
  for (const name of await disks.collect(namedLayers()))
    notes.tell({ action: 'removed', kind: 'disk-layer', name, detail: 'nothing is made of it' });
};
