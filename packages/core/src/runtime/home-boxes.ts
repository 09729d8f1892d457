import { BoxliteError, type HomeLayout } from '@boxlite/shared';
import { ShimController } from '@boxlite/shim';
import { BoxController } from '../box/box-controller.js';
import { createBoxFiles, removeBoxFiles, writeBoxConfig } from '../box/box-files.js';
import type { BoxHost } from '../box/box-host.js';
import { type BoxState, initialState } from '../box/box-state.js';
import { hasMachine } from '../state/box-lifecycle.js';
import { checkCloneOptions, cloneBox, type CloneOptions } from '../box/clone-box.js';
import { cloneSource } from '../box/clone-source.js';
import type { DiskStore } from '../disks/disk-store.js';
import type { Events } from '../events/events.js';
import type { Logger } from '../logging/logger.js';
import type { RuntimeMeters } from '../metrics/runtime-meters.js';
import type { BoxConfig } from '../options/box-config.js';
import type { RecoveryTeller } from '../recovery/recovery-report.js';
import type { HomeVolumes } from '../volumes/home-volumes.js';
import type { BoxTable } from './box-table.js';
import { boxDamaged, type DamagedBox } from './damaged-box.js';
import type { ReadWriteLock } from './read-write-lock.js';
import { recoverBoxes } from './recover-boxes.js';

export interface HomeBoxesParts {
  layout: HomeLayout;
  log: Logger;
  meters: RuntimeMeters;
  events: Events;
  table: BoxTable;
  /** Guards the table; never held across a pull or a boot. */
  lock: ReadWriteLock;
  disks: DiskStore;
  volumes: HomeVolumes;
  /** What Boxes need; asked for when there is one. */
  host: () => BoxHost;
  /** @throws BoxliteError `Stopped` when the runtime is closed. */
  checkOpen: () => void;
}

/** The Boxes of a home: how they come into its table, and how they go. */
export class HomeBoxes {
  constructor(private readonly parts: HomeBoxesParts) {}

  /** @throws BoxliteError `AlreadyExists` when the name is taken. */
  add(config: BoxConfig, state?: BoxState): Promise<BoxController> {
    return this.parts.lock.write(() => {
      this.parts.table.checkNames([config]);
      return this.#add(config, state);
    });
  }

  /** The Box with this name, or a new one. */
  getOrAdd(name: string, config: BoxConfig): Promise<{ box: BoxController; created: boolean }> {
    return this.parts.lock.write(async () => {
      const existing = this.parts.table.byName(name);
      return existing === undefined ? { box: await this.#add(config), created: true } : { box: existing, created: false };
    });
  }

  /** Removes a Box and its disk. @throws BoxliteError `NotFound`; `InvalidState` when it runs and `force` is not set. */
  async remove(id: string, options: { force: boolean; missing: 'throw' | 'ignore' }): Promise<void> {
    const { table, lock, layout, disks, meters, events, log } = this.parts;
    const box = table.byId(id);
    if (box === undefined) {
      if (options.missing === 'ignore') return;
      throw new BoxliteError('NotFound', `there is no Box ${id} any more`);
    }
    await box.remove(options.force, () =>
      lock.write(async () => {
        const chains = [box.state.disk ?? [], ...box.snapshots.all.map(({ disk }) => disk)];
        await removeBoxFiles(layout, id);
        const wereUnknown = table.hasUnknownLayers;
        table.delete(id);
        // Then nothing was removed until now, and with the Box's damaged snapshots all may be known again.
        if (wereUnknown) await disks.collect(this.namedLayers());
        else await disks.remove(chains.flat(), this.namedLayers());
        meters.boxRemoved();
        events.ofBox(box.config, 'removed');
        log.info('removed a Box', { box: id });
      }),
    );
  }

  /** @throws BoxliteError `AlreadyExists` when another Box has the name; `NotFound` when the Box was removed. */
  async rename({ config: { id } }: BoxController, name: string): Promise<void> {
    const { table, lock, layout, events, log } = this.parts;
    await lock.write(async () => {
      const box = table.byId(id);
      if (box === undefined) throw new BoxliteError('NotFound', `there is no Box ${id} any more`);
      const from = box.config.name;
      if (from === name) return;
      table.checkNames([{ name }]);
      await writeBoxConfig(layout.box(id), { ...box.config, name });
      table.rename(box, name);
      events.ofBox(box.config, 'renamed', { from });
      log.info('renamed a Box', { box: id, name });
    });
  }

  /** Boxes that begin as `parent` is, or was. */
  async clone(parent: BoxController, options: CloneOptions): Promise<BoxController[]> {
    const { checkOpen, events, host } = this.parts;
    checkOpen();
    const { names } = checkCloneOptions(options);
    const cloning = {
      box: host(),
      add: (boxes: readonly { config: BoxConfig; state: BoxState }[]) => this.#addAll(boxes),
      discard: (id: string) => this.remove(id, { force: true, missing: 'ignore' }),
    };
    await using source = await cloneSource(host(), parent, options.snapshot);
    const clones = await cloneBox(cloning, parent.config, source, names);
    for (const { config } of clones) events.ofBox(parent.config, 'cloned', { clone: config.id });
    return clones;
  }

  /** Takes up what an earlier runtime has left; see {@link recoverBoxes}. */
  async recover(notes: RecoveryTeller): Promise<void> {
    const { table } = this.parts;
    await recoverBoxes(this.parts, notes, () => this.namedLayers());
    // An earlier runtime was cut off between the stop of these and their removal.
    await Promise.all(
      table
        .all()
        .filter(({ config, state }) => config.autoRemove && state.startedAt !== null && !hasMachine(state.status))
        .map(({ config }) => this.remove(config.id, { force: false, missing: 'ignore' })),
    );
  }

  /** Removes a Box whose files cannot be read, with what is known of it. @throws BoxliteError `Storage` without `force`. */
  async removeDamaged(box: DamagedBox, force: boolean): Promise<void> {
    const { table, lock, layout, disks, log } = this.parts;
    if (!force) throw boxDamaged(box);
    await lock.write(async () => {
      if (!table.damaged.has(box.id)) return;
      await ShimController.endLeft(box.directory);
      await removeBoxFiles(layout, box.id);
      table.damaged.delete(box.id);
      await disks.collect(this.namedLayers());
      log.info('removed a Box whose files could not be read', { box: box.id });
    });
  }

  /** All layers of disks that Boxes and snapshots are made of, as far as they are known. */
  namedLayers(): Set<string> {
    const { table } = this.parts;
    return new Set([...table.all().flatMap(({ layers }) => layers), ...[...table.damaged.values()].flatMap(({ layers }) => layers ?? [])]);
  }

  async #addAll(boxes: readonly { config: BoxConfig; state: BoxState }[]): Promise<BoxController[]> {
    const { checkOpen, lock, table } = this.parts;
    const results = await lock.write(() => {
      // It may have been closed while their parent was captured.
      checkOpen();
      table.checkNames(boxes.map(({ config }) => config));
      return Promise.allSettled(boxes.map(({ config, state }) => this.#add(config, state)));
    });
    const added = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const failure = results.find((result) => result.status === 'rejected');
    if (failure === undefined) return added;
    await Promise.allSettled(added.map(({ config }) => this.remove(config.id, { force: true, missing: 'ignore' })));
    throw failure.reason;
  }

  async #add(config: BoxConfig, state: BoxState = initialState()): Promise<BoxController> {
    const { layout, volumes, table, meters, events, log, host } = this.parts;
    await volumes.ensure(config);
    await createBoxFiles(layout, config, state);
    const box = new BoxController(host(), layout.box(config.id), config, state);
    table.add(box);
    meters.boxCreated();
    events.ofBox(config, 'created');
    log.info('created a Box', { box: config.id, name: config.name });
    return box;
  }
}
