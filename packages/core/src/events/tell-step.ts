import type { BoxState } from '../box/box-state.js';
import type { BoxEvent } from '../state/box-lifecycle.js';
import type { BoxConfig } from '../options/box-config.js';
import type { Events } from './events.js';
import type { EventAttributes } from './runtime-event.js';

const stopped = ({ stopReason, main }: BoxState): EventAttributes => {
  const exit = main?.exit ?? null;
  return { reason: stopReason, ...(exit === null ? {} : { exitCode: exit.exitCode, signal: exit.signal }) };
};

/** Tells of a step of a Box's life, with what its state is after it. */
export const tellStep = (events: Events, config: Pick<BoxConfig, 'id' | 'name'>, event: BoxEvent, state: BoxState): void => {
  switch (event) {
    case 'start':
      events.ofBox(config, 'starting');
      return;
    case 'ready':
      events.ofBox(config, 'started', { from: state.startedFrom });
      return;
    case 'pause':
      events.ofBox(config, 'paused', { reason: state.error === null ? 'asked' : 'disk-full' });
      return;
    case 'resume':
      events.ofBox(config, 'resumed');
      return;
    case 'stop':
      return;
    case 'exit':
    case 'end':
    case 'fail':
    case 'crash':
    case 'lost':
      if (state.status === 'failed') events.ofBox(config, 'failed', { code: state.error?.code ?? null });
      else events.ofBox(config, 'stopped', stopped(state));
  }
};
