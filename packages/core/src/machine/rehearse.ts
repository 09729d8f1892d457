import { type AgentSession, collect, type ContainerConfig } from '@boxlite/agent';
import { BoxliteError } from '@boxlite/shared';

/** For a `true` that does not end: an image may call anything by that name. */
const PATIENCE_MS = 10_000;

/**
 * Does twice what a Box does first, in a container that no Box has yet: under emulation all is slow the first time, and from a new disk
 * everywhere. Nothing of it stays on the disk.
 */
export const rehearse = async (session: AgentSession, config: ContainerConfig, signal: AbortSignal): Promise<void> => {
  for (let run = 0; run < 2; run += 1) {
    await session.setClock({ signal });
    await session.configureContainer(config, { signal });
    try {
      // Nearly all images have it, and it writes nothing.
      await collect((options) => session.exec('true', [], options), 'true', { signal, timeoutMs: PATIENCE_MS });
    } catch (error) {
      if (!(error instanceof BoxliteError) || error.code !== 'Execution') throw error;
    }
  }
};
