import { AbortError, BoxliteError, plainText } from '@boxlite/shared';
import type { Engine, EngineControl } from '../engine/engine.js';
import { CONTROL_SOCKET, ENGINE_LOG } from '../engine/files.js';
import { cgroupPlan, writesToMemory } from '../cgroup/vm-cgroup.js';
import { jailPolicy } from '../jail/policy.js';
import { warnOfGaps } from '../jail/warn-of-gaps.js';
import { BoxDirectory } from '../vm/box-directory.js';
import { clearRemains } from '../vm/clear-remains.js';
import { readTail } from '../vm/log-tail.js';
import { Vm } from '../vm/vm.js';
import type { VmProcess } from '../vm/vm-process.js';
import { pidScope } from '../vm/pid-scope.js';
import type { VmRecord } from '../vm/vm-record.js';
import { checkHost } from './check-host.js';
import { launchPlan } from './launch-plan.js';
import { spawnShim } from './spawn-shim.js';
import { checkVmSpec, type VmSpec } from './vm-spec.js';

export interface LaunchOptions {
  signal?: AbortSignal | undefined;
  /**
   * Called when the process exists and before its engine answers; awaited. What is recorded here finds a detached VM again
   * should this process end in between.
   */
  onSpawned?: ((record: VmRecord) => Promise<void> | void) | undefined;
}

/** An emulated machine on a loaded host is made within a few seconds. */
const CONTROL_TIMEOUT_MS = 60_000;

/**
 * Starts a VM: spec → engine's command → launch plan → shim → engine that answers.
 * When that fails, no process, no handle and no socket is left.
 */
export const launchVm = async (spec: VmSpec, engine: Engine, shim: string, { signal, onSpawned }: LaunchOptions = {}): Promise<Vm> => {
  checkHost();
  checkVmSpec(spec);
  const [info, inMemory] = await Promise.all([engine.locate(), writesToMemory(spec)]);
  const cgroup = spec.jail?.cgroup === 'off' ? null : cgroupPlan(spec, inMemory);
  const plan = launchPlan(spec, engine.command(spec, info), info, jailPolicy(spec), cgroup);
  // The shim binds the sockets before it becomes the engine.
  const clear = (): Promise<void> => clearRemains(spec.directory).catch(() => undefined);
  const {
    process: engineProcess,
    startTime,
    jail,
  } = await spawnShim(shim, plan, signal).catch(async (error: unknown) => {
    await clear();
    throw error;
  });
  if (spec.jail === undefined) warnOfGaps(jail);
  const directory = new BoxDirectory(spec.directory);
  try {
    const record: VmRecord = {
      pid: engineProcess.pid,
      startTime: String(startTime),
      scope: pidScope(),
      directory: spec.directory,
      accelerator: spec.accelerator,
      jail,
    };
    await onSpawned?.(record);
    const control = await firstAnswer(engine, engineProcess, directory, signal);
    return new Vm({ engine, process: engineProcess, directory, record, detached: spec.detach, disks: spec.disks, control });
  } catch (error) {
    engineProcess.kill('SIGKILL');
    await engineProcess.exited;
    directory.close();
    await clear();
    throw error;
  }
};

/** Waits until the engine answers; its end before that is the better reason why it does not. */
const firstAnswer = async (
  engine: Engine,
  engineProcess: VmProcess,
  directory: BoxDirectory,
  signal: AbortSignal | undefined,
): Promise<EngineControl> => {
  const gone = new AbortController();
  const exited = engineProcess.exited.then(() => {
    gone.abort();
  });
  const options = { timeoutMs: CONTROL_TIMEOUT_MS, signal: signal === undefined ? gone.signal : AbortSignal.any([signal, gone.signal]) };
  try {
    return await engine.connectControl(directory.socket(CONTROL_SOCKET), options);
  } catch (error) {
    if (signal?.aborted) throw new AbortError(signal.reason);
    const closed = error instanceof BoxliteError && error.reason === 'qmp-closed';
    // The connection ends an instant before the process does.
    if (closed) await exited;
    if (closed || gone.signal.aborted) throw await startFailure(engine, engineProcess, directory);
    throw error;
  }
};

const startFailure = async (engine: Engine, engineProcess: VmProcess, directory: BoxDirectory): Promise<BoxliteError> => {
  const { code, signal } = await engineProcess.exited;
  const words = await readTail(directory.file(ENGINE_LOG));
  const { code: errorCode, reason, advice } = engine.explain(words);
  const how = signal === null ? `exit code ${String(code)}` : `signal ${signal}`;
  const said = words === '' ? 'it said nothing' : plainText(words);
  return new BoxliteError(errorCode, `the engine ended before the VM ran (${how}): ${said}\n${advice}`, { reason });
};
