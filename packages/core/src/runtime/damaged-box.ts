import { BoxliteError, type HomeLayout } from '@boxlite/shared';
import { readBoxState } from '../box/box-files.js';
import { unheard } from '../recovery/recovery-report.js';
import { SnapshotStore } from '../snapshots/snapshot-store.js';
import { FileChecksums } from '../templates/file-checksums.js';

/** A Box whose files cannot be read. It is in no list; its files stay until it is removed by force, or they are repaired. */
export interface DamagedBox {
  id: string;
  directory: string;
  /** What is wrong. */
  problem: string;
  /** The layers of its disk and snapshots; undefined when that cannot be read either, so no layer may be removed. */
  layers: readonly string[] | undefined;
}

/** What is still known of it. */
export const damagedBox = async (home: HomeLayout, id: string, problem: string): Promise<DamagedBox> => {
  const layout = home.box(id);
  const damaged = { id, directory: layout.root, problem, layers: undefined };
  const snapshots = new SnapshotStore(layout.snapshots, new FileChecksums());
  try {
    const [{ disk }, whole] = await Promise.all([readBoxState(layout), snapshots.recover(unheard)]);
    if (!whole) return damaged;
    const chains = [disk ?? [], ...snapshots.all.map((snapshot) => snapshot.disk)];
    return { ...damaged, layers: chains.flatMap((chain) => chain.map((layer) => layer.id)) };
  } catch {
    return damaged;
  }
};

/** What its user should know. */
export const describeDamage = ({ directory, problem }: DamagedBox): string =>
  `${problem}; its files are kept in ${directory}: repair them and open the home again, or remove the Box with force`;

export const boxDamaged = (box: DamagedBox): BoxliteError =>
  new BoxliteError('Storage', `the files of Box ${box.id} cannot be read: ${describeDamage(box)}`, { reason: 'box-damaged' });
