import { loadGrpc } from '@boxlite/shared';
import { type LaunchOptions, ShimController, type Vm, type VmSpec } from '@boxlite/shim';

/** As `ShimController.launch`; while the VM starts, what speaks to its agent is loaded, so that the guest need not wait for that. */
export const launchMachine = (spec: VmSpec, { signal, onSpawned }: LaunchOptions): Promise<Vm> =>
  ShimController.launch(spec, {
    signal,
    onSpawned: (record) => {
      // Whoever needs it hears of a failure.
      loadGrpc().catch(() => undefined);
      return onSpawned?.(record);
    },
  });
