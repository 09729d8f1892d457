import { engineBundle, enginePreload } from '../../assets.js';
import type { Engine, EngineInfo, MachineSpec } from '../engine.js';
import { locateBundle } from './bundle.js';
import { qemuCommand } from './command-line.js';
import { explainQemu } from './explain.js';
import { qemuIdentity } from './identity.js';
import { QemuControl } from './qemu-control.js';
import { locateSystem } from './system.js';

const found = new Map<string, Promise<EngineInfo>>();

/** A place is looked at once per process; a failure is not kept, as its cause may be repaired. */
const locateOnce = (place: string, locate: (place: string, preload: string) => Promise<EngineInfo>): Promise<EngineInfo> => {
  const known = found.get(place);
  if (known !== undefined) return known;
  const search = locate(place, enginePreload());
  found.set(place, search);
  search.catch(() => found.delete(place));
  return search;
};

/** QEMU: the bundle that comes with BoxLite, or the one that the environment variable `BOXLITE_QEMU` names by its absolute path. */
export const qemuEngine: Engine = {
  name: 'qemu',
  locate: () => {
    const system = process.env['BOXLITE_QEMU'];
    return system ? locateOnce(system, locateSystem) : locateOnce(engineBundle(), locateBundle);
  },
  command: qemuCommand,
  identity: qemuIdentity,
  connectControl: (socketPath, options) => QemuControl.connect(socketPath, options),
  explain: explainQemu,
};

/**
 * Finds the engine that VMs will run on.
 * @throws BoxliteError UnsupportedEngine when it is missing or of a version that does not fit, saying how to get one.
 */
export const locateEngine = (): Promise<EngineInfo> => qemuEngine.locate();

/**
 * What a saved state of `machine` fits, as texts to compare; see {@link Engine.identity}.
 * @throws BoxliteError as {@link locateEngine}.
 */
export const machineIdentity = async (machine: MachineSpec): Promise<readonly string[]> =>
  qemuEngine.identity(machine, await qemuEngine.locate());
